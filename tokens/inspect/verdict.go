package inspect

import "fob/tokens"

// Outcome is the verdict on a token as a whole.
type Outcome string

// The outcomes. An expired token has no other fault.
const (
	OutcomeGood       Outcome = "good"
	OutcomeBad        Outcome = "bad"
	OutcomeExpired    Outcome = "expired"
	OutcomeCannotTell Outcome = "cannot-tell"
)

// Verdict returns the verdict on the token as a whole, with the reason: bad if its signature is invalid or a finding is
// an error, expired if only its time is over, good if its signature is valid, and otherwise cannot tell.
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

// authenticity returns the verdict on who wrote the token: for an SD-JWT that of RFC 9901, for an encrypted token
// whether it was decrypted.
func (r *Report) authenticity() (tokens.Verdict, string) {
	switch {
	case r.SD != nil:
		return r.SD.Verdict, "signature: " + r.SD.Reason
	case r.Decryption != nil && r.Decryption.Verdict == tokens.Bad:
		return tokens.Bad, "decryption: " + r.Decryption.Reason
	case r.Decryption != nil && r.Decryption.Verdict != tokens.Good:
		return tokens.CannotTell, r.Decryption.Reason
	case r.Signature == nil:
		return tokens.CannotTell, "it has no signature that could be verified"
	case r.Signature.Verdict == tokens.Bad:
		return tokens.Bad, "signature: " + r.Signature.Reason
	}
	return r.Signature.Verdict, r.Signature.Reason
}
