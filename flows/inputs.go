package flows

import "net/url"

// The inputs that several grants share.

func scopeInput(def string) Input {
	return Input{
		Name: "scope", Label: "Scope", Kind: List, Default: def, Spec: "RFC 6749 3.3",
		Help: "What the token may be used for, separated by spaces; openid requests an id_token, offline_access a " +
			"refresh token.",
	}
}

var (
	resourceInput = Input{
		Name: "resource", Label: "Resource", Kind: List, Spec: "RFC 8707 2", Advanced: true,
		Help: "The URL of the API that the token is for; several are sent as several parameters.",
	}
	audienceInput = Input{
		Name: "audience", Label: "Audience", Kind: List, Spec: "of Auth0 and others; RFC 8693 2.1", Advanced: true,
		Help: "The API that the token is for, where the server calls it audience; several are sent as several " +
			"parameters.",
	}
)

// setAccessParams sets the parameters of the requested access: scope, resource, audience, authorization_details.
func (r *Run) setAccessParams(form url.Values) {
	r.setInputs(form, "scope")
	r.setList(form, "resource", "audience")
	r.setJSON(form, "authorization_details")
}
