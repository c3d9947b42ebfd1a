package inspect

import "fob/tokens"

// Outcome is the answer to "is this token good?", all told.
type Outcome string

// The outcomes. Expired is a token that was good once, as far as anybody can tell.
const (
	OutcomeGood       Outcome = "good"
	OutcomeBad        Outcome = "bad"
	OutcomeExpired    Outcome = "expired"
	OutcomeCannotTell Outcome = "cannot-tell"
)

// Verdict judges the token as a whole, with the reason: bad when its signature is or when anything speaks against it,
// expired when nothing but the time does, good when the signature is, and otherwise nobody can tell.
func (r *Report) Verdict() (Outcome, string) {
	if r.Token != nil && r.Token.NoToken != "" {
		return OutcomeBad, r.Token.NoToken
	}
	if r.Err != nil {
		return OutcomeBad, r.Err.Message
	}
	verdict, reason := r.authenticity()
	if verdict == tokens.Bad {
		return OutcomeBad, reason
	}
	expired := ""
	for _, f := range r.Findings {
		switch {
		case f.ID == "expired":
			expired = f.Message
		case f.Severity == Error:
			return OutcomeBad, f.Message
		}
	}
	switch {
	case expired != "":
		return OutcomeExpired, expired
	case r.Nested != nil:
		return r.Nested.Verdict()
	case verdict == tokens.Good:
		return OutcomeGood, reason
	}
	return OutcomeCannotTell, reason
}

// authenticity is the verdict on who wrote the token: of an SD-JWT the one by RFC 9901, of an encrypted token whether
// it opens.
func (r *Report) authenticity() (tokens.Verdict, string) {
	switch {
	case r.SD != nil:
		return r.SD.Verdict, "signature: " + r.SD.Reason
	case r.Decryption != nil && r.Decryption.Verdict == tokens.Bad:
		return tokens.Bad, "decryption: " + r.Decryption.Reason
	case r.Decryption != nil && r.Decryption.Verdict != tokens.Good:
		return tokens.CannotTell, r.Decryption.Reason
	case r.Signature == nil:
		return tokens.CannotTell, "it carries no signature that could be verified"
	case r.Signature.Verdict == tokens.Bad:
		return tokens.Bad, "signature: " + r.Signature.Reason
	}
	return r.Signature.Verdict, r.Signature.Reason
}
