package inspect

// SDJWT is what an SD-JWT carries beside the issuer's JWT (RFC 9901 4).
type SDJWT struct {
	IssuerJWT   string
	Disclosures []Disclosure
	KeyBinding  *Token
}

// Disclosure is one disclosed claim or array element.
type Disclosure struct {
	Raw    string
	Digest string
	Salt   string
	Name   string // empty for an array element
	Value  []byte
	Found  bool
	Err    string
}

func looksLikeSDJWT(raw string) bool { return false }
func (t *Token) decodeSDJWT()        {}
