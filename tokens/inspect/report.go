package inspect

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

// Options say what to verify a token against. The zero value decodes, explains and finds what needs no keys.
type Options struct {
	Now      time.Time      // zero is the time of the call
	Location *time.Location // for local times; nil is UTC
	Keys     jose.KeySet
	NoKeys   string // why there are no keys, for the reason of the verdict: "offline"
	// KeysRead is when Keys were fetched from the issuer, if not just now. The verdict then says so, since the issuer
	// may have revoked a key or added others. NoKeys says why there are no newer ones.
	KeysRead time.Time
	// Issuer, Audience and Nonce are what is expected; empty: not checked.
	Issuer, Audience, Nonce string
	Skew                    time.Duration // zero is tokens.DefaultSkew
	Algs                    []string      // the allowed signature algorithms; nil: those of the key
	Detached                []byte        // the detached payload (RFC 7515 appendix F)
	Password                []byte        // for JWEs encrypted with one
	// AccessToken, Code and State are what came with an id_token: its at_hash, c_hash and s_hash are compared with
	// them.
	AccessToken, Code, State tokens.Secret
	// Exact says that the input is the token alone: it is not cleaned before it is decoded.
	Exact bool
	// oneJOSE says that the input must be one JWS or one JWE: Signature is about all of it. See parseLine.
	oneJOSE    bool
	skipOthers bool // do not report the other tokens of the input
	// outer are the encrypted tokens that this one was decrypted from.
	outer []string
}

// Signature is the verdict on the signature of a token.
type Signature struct {
	Verdict  tokens.Verdict `json:"verdict"`
	Alg      string         `json:"alg,omitempty"`
	Kid      string         `json:"kid,omitempty"`
	Reason   string         `json:"reason,omitempty"`
	Warnings []string       `json:"warnings,omitempty"`
	// KeysRead is when the keys of the verdict were fetched, if not just now; otherwise zero.
	KeysRead time.Time `json:"keys_read_at,omitzero"`
}

// Decryption is the verdict on a JWE.
type Decryption struct {
	Verdict   tokens.Verdict `json:"verdict"`
	Alg       string         `json:"alg,omitempty"`
	Enc       string         `json:"enc,omitempty"`
	Kid       string         `json:"kid,omitempty"`
	Reason    string         `json:"reason,omitempty"`
	Plaintext string         `json:"plaintext,omitempty"` // made visible; hex if it is not UTF-8
	Warnings  []string       `json:"warnings,omitempty"`
	plain     []byte
}

// SDVerdict is the verdict on an SD-JWT as a whole: the issuer's signature, the disclosures, the key binding (RFC 9901
// 7).
type SDVerdict struct {
	Verdict     tokens.Verdict `json:"verdict"`
	Reason      string         `json:"reason"`
	Undisclosed int            `json:"undisclosed"` // digests without a disclosure: withheld claims, or decoys
}

// Severity says how serious a finding is.
type Severity string

// The severities. An error is a reason to reject the token.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
)

// Finding is one fault of a token, or something worth knowing about it.
type Finding struct {
	ID       string   `json:"id"`
	Severity Severity `json:"severity"`
	Claim    string   `json:"claim,omitempty"` // the claim or "header." and the parameter that it is about
	Message  string   `json:"message"`
	Spec     string   `json:"spec,omitempty"`
	Do       string   `json:"do,omitempty"` // what to do about it
}

// Row is one line of the table of claims. All of it may be printed.
type Row struct {
	Name, Value, Meaning, Note string
	Level                      string // "", "good", "warning", "bad"
}

// Report is everything that is known of a token. Its text may be printed as it is; Token has the token's own bytes.
type Report struct {
	Kind       Kind
	Title      string // one line: "JWT · ES256 · 812 B"
	Cleaned    []string
	Header     *Object
	Payload    *Object // of a decrypted token: its content
	Signature  *Signature
	Decryption *Decryption // nil unless the token is encrypted
	SD         *SDVerdict  // nil unless the token is an SD-JWT
	// Certificates are those in the header (x5c): shown, never trusted.
	Certificates []Certificate
	Times        []Time
	Findings     []Finding
	Nested       *Report // the token inside an encrypted one
	Others       []Other // the other tokens in what was pasted, in their order
	Err          *DecodeError
	Token        *Token

	// Rows are made on demand: a batch does not need them.
	once             sync.Once
	o                Options
	depth            int
	rows, headerRows []Row
}

// Rows returns the claims with their explanations, in the token's own order.
func (r *Report) Rows() []Row {
	r.explain()
	return r.rows
}

// HeaderRows returns the header parameters with their explanations, in the token's own order.
func (r *Report) HeaderRows() []Row {
	r.explain()
	return r.headerRows
}

func (r *Report) explain() {
	r.once.Do(func() { r.headerRows, r.rows = r.rowsOf(r.Header, true), r.rowsOf(r.Payload, false) })
}

// verifier finds out who wrote a token: it verifies a signature, or decrypts.
type verifier struct {
	o     Options
	t     *Token
	r     *Report
	key   *jose.Key // the key that verified the signature; nil if none did
	depth int
}

// maxNested bounds how deep tokens may be nested.
const maxNested = 3

// Inspect cleans, decodes, verifies and explains a token. It never fails: the report says what cannot be determined.
func Inspect(input string, o Options) *Report { return decode(input, o.Exact).Inspect(o) }

// Inspect verifies and explains a token that is decoded already: with other keys, say, after a first look at it.
func (t *Token) Inspect(o Options) *Report { return t.inspect(o, 0) }

func (t *Token) inspect(o Options, depth int) *Report {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Skew == 0 {
		o.Skew = tokens.DefaultSkew
	}
	if better := verifiedReading(t, o); better != nil {
		t = better
	}
	if t.SD != nil { // the verdict on its key binding is this report's alone
		own, sd := *t, *t.SD
		own.SD = &sd
		t = &own
	}
	r := &Report{Kind: t.Kind, Cleaned: t.Cleaned, Header: t.Header, Payload: t.Payload, Err: t.Err, Token: t,
		Title: titleOf(t), o: o, depth: depth}
	v := &verifier{o: o, t: t, r: r, depth: depth}
	v.verify()
	r.Times = timesOf(r.Payload, o)
	(&linter{r: r, t: t, header: r.Header, payload: r.Payload, o: o, key: v.key, depth: depth}).lint()
	v.rejectDisclosures()
	if !o.skipOthers {
		r.Others = inspectOthers(t, o)
	}
	return r
}

// Other is another token in the same input.
type Other struct {
	Name    string  `json:"name,omitempty"` // of the member, parameter or variable with the token
	Title   string  `json:"title"`
	Subject string  `json:"sub,omitempty"`
	Verdict Outcome `json:"verdict"`
	Reason  string  `json:"reason,omitempty"`
}

// maxOthers bounds how many other tokens are reported.
const maxOthers = 20

func inspectOthers(t *Token, o Options) (list []Other) {
	o.Exact, o.oneJOSE, o.skipOthers = true, false, true
	for _, d := range t.others[:min(len(t.others), maxOthers)] {
		r := Inspect(d.token, o)
		other := Other{Name: tokens.VisibleLine(tokens.Clip(d.name, 40)), Title: r.Title}
		if sub, ok := r.Payload.String("sub"); ok {
			other.Subject = tokens.VisibleLine(tokens.Clip(sub, 80))
		}
		other.Verdict, other.Reason = r.Verdict()
		list = append(list, other)
	}
	return list
}

// verifiedReading returns the reading of a token that the keys verify, if the end of the token is uncertain; nil if
// there is no need to choose.
func verifiedReading(t *Token, o Options) *Token {
	good := func(reading string) bool {
		return jose.Verify(reading, o.Keys, jose.VerifyOptions{}).Verdict == tokens.Good
	}
	if len(t.longer) == 0 || len(o.Keys.Keys()) == 0 || good(t.Received) {
		return nil
	}
	for _, reading := range t.longer[:min(len(t.longer), maxOthers)] {
		if good(reading) {
			better := decode(reading, true)
			better.Cleaned, better.others = append(t.Cleaned, "line breaks"), t.others
			return better
		}
	}
	return nil
}

// verify verifies or decrypts the token.
func (v *verifier) verify() {
	switch {
	case v.t.Kind == KindJWE:
		v.decrypt()
	case v.t.NoToken != "":
		v.r.Signature = &Signature{Verdict: tokens.CannotTell, Reason: v.t.NoToken}
	case v.t.Kind == KindClaims:
		v.r.Signature = &Signature{Verdict: tokens.CannotTell, Reason: claimsOnly}
	case v.t.Form == Text && v.o.oneJOSE && (len(v.o.Keys.Keys()) > 0 || len(v.o.Password) > 0):
		const reason = "with a key it should be a JWS or a JWE, and it is neither: it does not begin with a " +
			"header (RFC 7515 5.2, RFC 7516 5.2)"
		v.r.Signature = &Signature{Verdict: tokens.Bad, Reason: reason}
		v.r.Decryption = &Decryption{Verdict: tokens.Bad, Reason: reason}
	case v.t.Form == Text:
		v.r.Signature = &Signature{Verdict: tokens.CannotTell,
			Reason: "there is no signature: only the issuer can say whether " + article(v.t.Kind) +
				" is valid (introspection, RFC 7662)"}
	default:
		v.r.Signature = v.verifySignature()
	}
}

const claimsOnly = "it is the payload of a JWT alone: header and signature are missing (RFC 7515 3.1), " +
	"so nothing shows who wrote it"

func article(k Kind) string {
	switch k {
	case KindOpaque:
		return "an opaque token"
	case KindNothing:
		return "nothing"
	}
	name := kindNames[k]
	if strings.HasPrefix(name, "SD-") || strings.ContainsRune("aeio", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

func (v *verifier) verifySignature() *Signature {
	o := jose.VerifyOptions{Payload: v.o.Detached, Algs: v.algs(false)}
	keys, own := v.o.Keys, ""
	if v.t.Kind == KindDPoPProof && len(keys.Keys()) == 0 {
		var err error
		if keys, own, err = dpopKey(v.t.Header); err != nil {
			alg, _ := v.t.Header.String("alg")
			return &Signature{Verdict: tokens.Bad, Alg: tokens.VisibleLine(alg),
				Reason: tokens.VisibleLine(err.Error())}
		}
	}
	received := v.t.Received
	if v.t.SD != nil && v.t.Form == Compact {
		received = v.t.SD.IssuerJWT
	}
	result := jose.Verify(received, keys, o)
	if len(v.o.outer) > 0 && result.Verdict != tokens.Good {
		alg, _ := v.t.Header.String("alg")
		kid, _ := v.t.Header.String("kid")
		if rest := keys.ForSignature(v.o.outer, alg, kid); len(rest.Keys()) < len(keys.Keys()) {
			if result = jose.Verify(received, rest, o); result.Verdict == tokens.CannotTell && len(rest.Keys()) == 0 {
				result.Reason = noSignerKey
			}
		}
	}
	v.key = result.Key
	if v.t.Received != v.t.Raw && v.t.SD == nil && result.Verdict == tokens.Bad {
		if repaired := jose.Verify(v.t.Raw, keys, o); repaired.Verdict == tokens.Good {
			result.Reason += "; without the padding the signature would match"
		}
	}
	s := &Signature{Verdict: result.Verdict, Alg: result.Alg, Kid: result.Kid, Reason: result.Reason,
		Warnings: result.Warnings}
	switch {
	case own != "" && result.Verdict == tokens.Good:
		s.Reason = "the proof is signed with the key in it (RFC 9449 4.3), thumbprint " + own +
			": compare it with cnf.jkt of the access token"
	case result.Verdict == tokens.CannotTell && len(v.o.Keys.Keys()) == 0 && v.o.NoKeys != "":
		s.Reason = "no key: " + tokens.VisibleLine(v.o.NoKeys)
	case own == "" && !v.o.KeysRead.IsZero() && jose.Verify(received, jose.KeySet{}, o).Reason != result.Reason:
		v.addKeyAge(s)
	}
	if v.t.SD != nil {
		v.verifySDJWT(s, result.Verdict)
		v.r.SD = &SDVerdict{Verdict: s.Verdict, Reason: s.Reason, Undisclosed: v.t.SD.Undisclosed}
	}
	return s
}

// addKeyAge adds to a verdict how old its keys are, if they were not fetched just now, and what may be different now.
func (v *verifier) addKeyAge(s *Signature) {
	s.KeysRead = v.o.KeysRead
	s.Reason += "; these are the issuer's keys of " + tokens.Moment(s.KeysRead, v.o.Now.In(v.o.Location)) + " (" +
		tokens.Relative(s.KeysRead, v.o.Now) + ")"
	switch {
	case s.Verdict == tokens.Good:
		s.Reason += ", and one that it has revoked since may be among them"
	case s.Verdict == tokens.Bad:
		s.Reason += ", and it may have others by now"
	case v.o.NoKeys != "":
		s.Reason += "; " + tokens.VisibleLine(v.o.NoKeys)
	}
}

// rejectDisclosures rejects an SD-JWT where one JWS is expected. The verdict on it as an SD-JWT is in SD.
func (v *verifier) rejectDisclosures() {
	if !v.o.oneJOSE || v.depth > 0 || v.t.SD == nil || v.t.Form != Compact {
		return // in JSON an SD-JWT is one JWS (RFC 9901 8)
	}
	s := *v.r.Signature
	s.Verdict = tokens.Bad
	s.Reason = "as one JWS it is invalid: it is an SD-JWT, with disclosures after the JWS (RFC 9901 4); " +
		"sd_jwt has the verdict on that"
	v.r.Signature = &s
}

// noSignerKey is the reason if the given keys decrypt a token and none is of its signer.
const noSignerKey = "no key for the signature: the given keys decrypt the token, and its signer's key is another; " +
	"name that one with --issuer or --jwks"

// dpopKey returns the key in the header of a DPoP proof: the only kind of token that is verified with its own key,
// since the access token names that key (RFC 9449 4.3). The error says why that key is invalid.
func dpopKey(header *Object) (keys jose.KeySet, thumbprint string, err error) {
	raw, ok := header.Raw("jwk")
	if !ok {
		return jose.KeySet{}, "", nil
	}
	key, err := jose.ParseKey(raw)
	if err != nil {
		return jose.KeySet{}, "", fmt.Errorf("the key in the proof is invalid: %w", err)
	}
	if key.Type() == "oct" {
		return jose.KeySet{}, "", errors.New("the key in the proof is a secret (RFC 9449 4.2)")
	}
	if thumbprint, err = key.Thumbprint(); err != nil && key.Unusable() == "" {
		return jose.KeySet{}, "", fmt.Errorf("the key in the proof: %w", err)
	}
	return jose.NewKeySet(key), thumbprint, nil
}

// algs returns the allowed algorithms. For a token inside another one only those of its own sort count: the algorithm
// that was given for the outer one does not restrict the inner one.
func (v *verifier) algs(encryption bool) []string {
	if v.depth == 0 {
		return v.o.Algs
	}
	var list []string
	for _, a := range v.o.Algs {
		if jose.IsKeyManagementAlg(a) == encryption {
			list = append(list, a)
		}
	}
	return list
}

// decrypt decrypts a JWE and, if a token is inside, inspects that one with the same options.
func (v *verifier) decrypt() {
	d := jose.Decrypt(v.t.Received, v.o.Keys, jose.DecryptOptions{Password: v.o.Password, Algs: v.algs(true)})
	out := &Decryption{Verdict: d.Verdict, Alg: d.Alg, Enc: d.Enc, Kid: d.Kid, Reason: d.Reason, Warnings: d.Warnings,
		plain: d.Plaintext}
	v.r.Decryption = out
	v.r.Signature = &Signature{Verdict: tokens.CannotTell,
		Reason: "the token is encrypted: it has no signature of its own"}
	if d.Verdict != tokens.Good {
		if len(v.o.Keys.Keys()) == 0 && len(v.o.Password) == 0 && d.Verdict == tokens.CannotTell &&
			v.o.NoKeys != "" {
			out.Reason = "no key: " + tokens.VisibleLine(v.o.NoKeys)
		}
		symmetric := slices.ContainsFunc(v.o.Keys.Keys(), func(k jose.Key) bool { return k.Type() == "oct" })
		if d.Verdict == tokens.CannotTell && !symmetric && v.r.IsSymmetricJWE() {
			out.Reason = symmetricJWE(d.Alg)
		}
		return
	}
	out.Plaintext = visibleText(d.Plaintext)
	inner := string(d.Plaintext)
	if v.depth == maxNested && isToken(inner) {
		v.r.Signature.Reason = fmt.Sprintf("tokens are nested too deep: at most %d are decrypted",
			maxNested+1)
		return
	}
	if v.depth < maxNested && isToken(inner) {
		o := v.o
		o.Exact, o.Detached, o.outer = true, nil, append(slices.Clip(o.outer), v.t.Received)
		v.r.Nested = decode(inner, true).inspect(o, v.depth+1)
		v.r.Payload = v.r.Nested.Payload
		v.r.Signature = v.r.Nested.Signature
		v.r.Findings = append(v.r.Findings, v.r.Nested.Findings...)
		return
	}
	if o := parseObject(d.Plaintext); o != nil {
		v.r.Payload = o
	}
}

// IsSymmetricJWE reports whether a token is encrypted with a symmetric key: only the server that issued it, and those
// it shares the key with, can decrypt it.
func (r *Report) IsSymmetricJWE() bool {
	alg, _ := r.Header.String("alg")
	return r.Kind == KindJWE && (alg == "dir" || strings.HasSuffix(alg, "KW") && strings.HasPrefix(alg, "A"))
}

func symmetricJWE(alg string) string {
	return "it is encrypted with a symmetric key (" + alg + ") of the server that issued it: " +
		"to all others it is opaque, and the server can say what it is (introspection, RFC 7662)"
}

// titleOf describes a token in one line: its kind, its algorithm, its size.
func titleOf(t *Token) string {
	text := kindNames[t.Kind]
	if alg, ok := t.Header.String("alg"); ok {
		text += " · " + tokens.VisibleLine(tokens.Clip(alg, 40))
	}
	if enc, ok := t.Header.String("enc"); ok {
		text += " · " + tokens.VisibleLine(tokens.Clip(enc, 40))
	}
	if t.Form == Flattened || t.Form == General {
		text += " · " + string(t.Form)
	}
	if t.Signatures > 1 {
		text += fmt.Sprintf(" · %d signatures or recipients", t.Signatures)
	}
	if t.Form == Text && t.Shape.Name != "" {
		text += " · " + t.Shape.Name
	}
	return text + " · " + size(t.Sizes.Total)
}

func size(n int) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d B", n)
	case n < 10_000_000:
		return fmt.Sprintf("%.1f KB", float64(n)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
