package doctor

import (
	"slices"
	"strings"

	"fob/flows"
)

// invalidClient is about the identity of the client and its authentication. Each cause has an action, in the same
// order: see clientActions.
var invalidClient = entry{codes: "invalid_client",
	title: "The server rejected the client, or its authentication method.", spec: "RFC 6749 5.2",
	about: "client_secret client_assertion client_id",
	causes: []cause{
		{text: "The client secret is wrong, has expired, or belongs to another client.",
			tell: "Set it again from where the client is registered; copy the secret's value and not its ID or a " +
				"line break with it.", when: wrongSecretWeight},
		{text: "The client authenticates with {auth_method}, and is registered for another method.",
			tell: "The metadata announces {auth_methods}; the registration of the client says which of them it is.",
			when: authMethodWeight},
		{text: "No client {client_id} is registered at this server, tenant or realm.",
			tell: "Compare the client_id with the registration, and the issuer with the place where the client is " +
				"registered.", when: unknownClientWeight},
		{text: "The client is confidential, and its secret is missing.",
			tell: "The registration says whether the client is public; a public one has no secret.",
			when: noCredentialsWeight},
		{text: "The secret or the client_id holds a character that is form-encoded in the Basic header, and the " +
			"server does not decode it.", tell: "Only when one of them holds a character other than letters, digits, " +
			"- . _ ~.", when: func(ev *evidence) int {
			if ev.AuthMethod == "client_secret_basic" {
				return 35
			}
			return 0
		}},
		{text: "The server expects another audience in the client assertion.",
			tell: "It is the issuer or the token endpoint, depending on the server (RFC 7523 3).",
			when: assertionWeight(94, 60, "aud")},
		{text: "The server does not know the key that the client assertion is signed with.",
			tell: "Compare the kid with the registered keys; register the public half.",
			when: ifOwnKey(assertionWeight(93, 65, "signature", "key", "kid", "jwks", "verif"))},
		{text: "The client assertion was used before: its jti can be used only once.",
			tell: "Every request makes its own; a proxy may repeat requests.", when: assertionWeight(93, 15, "jti",
				"replay", "already")},
		{text: "The client assertion has expired, or is valid for longer than the server allows.",
			tell: "Compare its exp and iat with the server's Date.", when: assertionWeight(92, 20, "expired", "exp ",
				"iat", "lifetime")},
		{text: "No client certificate came with the connection.",
			tell: "The request must go to the server's mtls_endpoint_aliases (RFC 8705 5); a proxy between may end " +
				"the TLS.", when: func(ev *evidence) int {
				if mentionsCertificate(ev) && ev.mentions("no client certificate", "was not provided",
					"certificate is required", "missing", "no certificate") {
					return 95
				}
				return 0
			}},
		{text: "The client certificate is not the registered one, or a proxy before the server does not forward it.",
			tell: "Compare the subject or the thumbprint with the registration.", when: func(ev *evidence) int {
				switch {
				case strings.HasSuffix(ev.AuthMethod, "tls_client_auth"):
					return 80
				case mentionsCertificate(ev):
					return 50
				}
				return 0
			}},
	},
	actionsOf: clientActions}

// invalidClientAtIntrospection is the error that a public client always gets there.
var invalidClientAtIntrospection = entry{codes: "invalid_client", endpoint: "introspection",
	when:  func(ev *evidence) bool { return noCredentialsWeight(ev) > 0 },
	title: "The server accepts only clients that authenticate, and this one is public.", spec: "RFC 7662 2.1",
	about: "client_id",
	causes: []cause{
		{text: "The client is public: it has nothing to authenticate with, so the server cannot distinguish it from " +
			"an attacker who guesses tokens.", tell: "The registration of the client says so.", likely: 90},
	},
	next: []act{{text: "Ask as the client of another profile at the same server, often that of the API.",
		do: DoCommand + "=fob introspect {session} --as PROFILE"}}}

func mentionsCertificate(ev *evidence) bool { return ev.mentions("certificate", "mtls", "mutual tls") }

func wrongSecretWeight(ev *evidence) int {
	switch {
	case !usesSecret(ev):
		return 0
	case ev.mentions("secret is wrong", "wrong secret", "invalid secret", "invalid client secret", "incorrect secret",
		"secret mismatch", "secret has expired", "secret is expired"):
		return 95
	case ev.mentions("secret", "credential") && !ev.mentions("client_secret_"):
		return 90
	}
	return 60
}

// noCredentialsWeight is for a client that sent only its client_id.
func noCredentialsWeight(ev *evidence) int {
	if !mentionsCertificate(ev) && (ev.AuthMethod == "none" || ev.AuthMethod == "" && !usesSecret(ev) &&
		!ev.has("client_assertion")) {
		return 80
	}
	return 0
}

func unknownClientWeight(ev *evidence) int {
	switch {
	case ev.mentions("unknown client", "client not found", "no such client", "client is invalid", "invalid client_id",
		"client_id is invalid", "unregistered", "does not exist"):
		return 96
	case ev.mentions("not registered", "is registered here", "was not found", "no client ") &&
		!ev.mentions("certificate", "authentication", "assertion"):
		return 96
	}
	return 45
}

// assertionWeight is for a cause that only a client assertion can have.
func assertionWeight(yes, no int, words ...string) func(*evidence) int {
	weight := ifMentioned(yes, no, words...)
	return func(ev *evidence) int {
		if ev.has("client_assertion") || strings.HasSuffix(ev.AuthMethod, "_jwt") {
			return weight(ev)
		}
		return 0
	}
}

// rankedActions are actions against one cause; rank is the weight of the cause.
type rankedActions struct {
	rank    int
	actions []Action
}

// ifOwnKey is for a client that signs with its own key and not with its secret.
func ifOwnKey(weight func(*evidence) int) func(*evidence) int {
	return func(ev *evidence) int {
		if ev.AuthMethod == "client_secret_jwt" {
			return 0
		}
		return weight(ev)
	}
}

// clientActions are in the order of the causes. Where the server does not name the cause, what one key can try comes
// before what the user has to look up.
func clientActions(ev *evidence) []Action {
	const mentioned = 90 // a weight that the message makes
	person := func(weight int) int {
		if weight < mentioned {
			return weight / 2
		}
		return weight
	}
	list := []rankedActions{
		{max(authMethodWeight(ev), noCredentialsWeight(ev)), tryAuthMethods(ev)},
		{person(wrongSecretWeight(ev)), ev.actions([]act{{text: "Set the client secret " +
			"again.", do: DoSetting + "=client_secret", when: usesSecret}})},
		{person(unknownClientWeight(ev)), ev.actions([]act{{text: "Compare the client_id {client_id} with the " +
			"registration.", do: DoClientCheck + "={client_id}"}})},
		{assertionWeight(94, 45, "aud")(ev), ev.actions([]act{{text: "Address the assertion to the token " +
			"endpoint.", do: DoInput + "=assertion_audience=token_endpoint", when: sentAssertion}})},
		{ifOwnKey(assertionWeight(93, 44, "signature", "key", "kid", "jwks", "verif"))(ev),
			ev.actions([]act{{text: "Register the public half of the client's key.", do: DoCommand +
				"=fob profile key show {profile}", when: func(ev *evidence) bool {
				return sentAssertion(ev) &&
					ev.AuthMethod != "client_secret_jwt"
			}}})},
	}
	if mentionsCertificate(ev) || strings.HasSuffix(ev.AuthMethod, "tls_client_auth") {
		list = append(list, rankedActions{mentioned + 5, certificateActions(ev)})
	}
	slices.SortStableFunc(list, func(a, b rankedActions) int { return b.rank - a.rank })
	var all []Action
	for _, l := range list {
		all = append(all, l.actions...)
	}
	return all
}

func sentAssertion(ev *evidence) bool { return assertionWeight(1, 1)(ev) > 0 }

// certificateActions send a certificate, or another one.
func certificateActions(ev *evidence) []Action {
	show := Action{Text: "Compare the certificate of the profile with the registered one.",
		Do: map[string]string{DoSetting: "tls"}}
	if strings.HasSuffix(ev.AuthMethod, "tls_client_auth") {
		return []Action{show}
	}
	var list []Action
	for _, m := range flows.AuthMethods() {
		if m.NeedsCertificate && ev.canTryAuthMethod(m.ID) {
			list = append(list, Action{Text: "Authenticate with the client certificate: " + m.ID + ".",
				Do: map[string]string{DoAuthMethod: m.ID}})
		}
	}
	return append(list, show)
}
