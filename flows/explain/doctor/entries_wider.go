package doctor

// widerEntries are the codes of what stands beside OAuth and OpenID Connect: federations, attested clients, presentations
// of credentials, UMA and ACE. Where a server of another kind uses the same word, the texts fit it as well.
var widerEntries = []entry{
	// OpenID Federation.
	{codes: "invalid_trust_chain", clock: true, title: "The server cannot verify the chain of statements from the client up to a trust anchor.", spec: "OpenID Federation 1.0 8.9", about: "trust_chain client_id",
		causes: []cause{
			{text: "A statement in the chain has expired, or its signature is not good.", tell: "Inspect each of them: iss, sub, exp, kid.", when: ifSaid(90, 55, "expired", "signature")},
			{text: "The client's authority_hints do not lead to a trust anchor of the server.", tell: "Follow authority_hints from the client's entity configuration.", likely: 50},
			{text: "A metadata policy or a constraint above the client forbids what it declares.", tell: "metadata_policy and constraints of each statement above it.", when: ifSaid(88, 35, "policy", "constraint")},
		}},
	{codes: "invalid_trust_anchor", title: "The trust anchor is none that the server relies on.", spec: "OpenID Federation 1.0 8.9", about: "trust_chain",
		causes: []cause{{text: "Client and server are members of different federations.", tell: "The authority_hints of the server's entity configuration lead to its anchors.", likely: 80}}},
	{codes: "invalid_issuer", title: "The issuer is none that the server can answer for.", spec: "OpenID Federation 1.0 8.9", about: "iss trust_chain",
		causes: []cause{{text: "The statement was asked of, or issued by, somebody who is not responsible for it.", tell: "Compare iss with who is asked.", likely: 75}}},
	{codes: "invalid_subject", title: "The subject is none that the server can answer for.", spec: "OpenID Federation 1.0 8.9", about: "sub client_id",
		causes: []cause{{text: "The server has no statement about that entity.", tell: "Its list of subordinates names those it has.", likely: 75}}},
	{codes: "invalid_metadata", title: "The metadata of an entity are not good, or break a policy above it.", spec: "OpenID Federation 1.0 8.9", malformed: true,
		causes: []cause{
			{text: "A member is missing, has a wrong form, or a value that the server does not support.", tell: "The server's words name it.", likely: 60},
			{text: "The metadata policies above the entity do not fit what it declares.", tell: "metadata_policy of each statement above it.", when: ifSaid(88, 50, "policy")},
		}},
	{codes: "not_found", title: "The server does not know what was asked for.", spec: "OpenID Federation 1.0 8.9",
		causes: []cause{{text: "The entity is not known here, or the address is another one.", tell: "Compare its identifier letter by letter.", likely: 70}}},
	{codes: "unsupported_parameter", title: "The server does not support a parameter.", spec: "OpenID Federation 1.0 8.9", malformed: true,
		causes: []cause{{text: "A parameter is not one that this endpoint takes.", tell: "The server's words name it.", likely: 75}}},

	// Clients that are attested.
	{codes: "use_attestation_challenge", title: "The server wants its own challenge in the proof of the client's attestation.", spec: "draft-ietf-oauth-attestation-based-client-auth 6.1, 7.4", about: "OAuth-Client-Attestation-PoP",
		causes: []cause{{text: "The proof had no challenge, or one that is used up.", tell: "The answer brings one in OAuth-Client-Attestation-Challenge; the metadata may name a challenge_endpoint.", likely: 88}},
		next:   []act{{text: "Try again with the challenge of the answer.", do: DoCommand + "={command}"}}},
	{codes: "use_fresh_attestation", clock: true, title: "The client's attestation is too old for the server.", spec: "draft-ietf-oauth-attestation-based-client-auth 7.4", about: "OAuth-Client-Attestation",
		causes: []cause{{text: "The attestation was issued too long ago, although it has not expired.", tell: "Inspect it: iat.", likely: 85}}},
	{codes: "invalid_client_attestation", clock: true, title: "The server does not take the client's attestation or its proof.", spec: "draft-ietf-oauth-attestation-based-client-auth 7.4", about: "OAuth-Client-Attestation OAuth-Client-Attestation-PoP client_id",
		causes: []cause{
			{text: "The server does not trust whoever issued the attestation, or its signature is not good.", tell: "Inspect it: iss, kid, x5c.", when: ifSaid(90, 55, "trust", "signature", "issuer")},
			{text: "It has expired.", tell: "Inspect it: exp.", when: ifSaid(93, 45, "expired", " exp")},
			{text: "The proof is signed with another key than the attestation's cnf, or is for another server.", tell: "Compare its key with cnf.jwk, and its aud with the issuer.", when: ifSaid(90, 45, "pop", "cnf", "aud")},
			{text: "sub of the attestation is not the client_id of the request.", tell: "Compare both.", when: ifSaid(90, 30, "sub", "client_id")},
		}},

	// Presentations of credentials.
	{codes: "vp_formats_not_supported", title: "The wallet has the credentials in no format that the verifier reads.", spec: "OpenID4VP 1.0 8.5", about: "client_metadata dcql_query",
		causes: []cause{{text: "Formats or algorithms of both sides have nothing in common.", tell: "vp_formats_supported of both.", likely: 85}}},
	{codes: "invalid_request_uri_method", title: "The request_uri_method is neither get nor post.", spec: "OpenID4VP 1.0 8.5", about: "request_uri_method", malformed: true,
		causes: []cause{{text: "The value is written otherwise: it is in lower case.", tell: "Look at the request.", likely: 85}}},
	{codes: "wallet_unavailable", title: "The wallet cannot answer.", spec: "OpenID4VP 1.0 8.5",
		causes: []cause{{text: "The wallet is not installed, or another program has caught the request in its place.", tell: "The server's words may say which.", likely: 70}}},

	// UMA.
	{codes: "need_info", title: "The server has to know more of the person who asks.", spec: "UMA 2.0 Grant 3.3.6", about: "ticket claim_token",
		causes: []cause{
			{text: "A claim is wanted, which required_claims of the answer names.", tell: "Send it as claim_token, with the ticket of the answer.", likely: 75},
			{text: "The person has to tell it to the server.", tell: "redirect_user of the answer is where they are sent.", likely: 60},
		}},
	{codes: "request_denied", title: "The owner's policy says no.", spec: "UMA 2.0 Grant 3.3.6", about: "ticket scope",
		causes: []cause{{text: "No policy of the owner allows this client and person what was asked for.", tell: "The owner's page at the server shows whom they share with.", likely: 85}}},
	{codes: "request_submitted", title: "The owner was asked, and has not answered yet.", spec: "UMA 2.0 Grant 3.3.6", about: "ticket",
		causes: []cause{{text: "The owner has to approve first.", tell: "Ask again after the interval of the answer, with its ticket.", likely: 90}}},

	// ACE.
	{codes: "unsupported_pop_key", title: "The API cannot work with the key that the token is to be bound to.", spec: "RFC 9200 5.8.3", about: "req_cnf",
		causes: []cause{{text: "The key is of a kind or curve that the API does not know.", tell: "Send one of another kind.", likely: 85}}},
	{codes: "incompatible_ace_profiles", title: "Client and API have no ACE profile in common.", spec: "RFC 9200 5.8.3", about: "ace_profile audience",
		causes: []cause{{text: "The API is registered with other profiles than the client.", tell: "Compare both registrations.", likely: 85}}},
}
