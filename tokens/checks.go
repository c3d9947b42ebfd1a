package tokens

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// CheckKind is the ID of a declared check. Its title, spec and level are in checks.txt, from which every ledger, table
// of the docs and test is made.
type CheckKind string

// The checks, in the order in which a run makes them.
const (
	CheckDiscoveryIssuer CheckKind = "discovery.issuer"
	CheckTransport       CheckKind = "discovery.https"
	CheckOrigin          CheckKind = "discovery.origin"
	CheckEndpoints       CheckKind = "discovery.endpoint"
	CheckSignedMetadata  CheckKind = "discovery.signed_metadata"
	CheckResource        CheckKind = "discovery.resource"
	CheckPublicKeys      CheckKind = "discovery.keys"
	CheckDocumentsRead   CheckKind = "client.document_supported"
	CheckClientDocument  CheckKind = "client.document"
	CheckPKCEAdvertised  CheckKind = "pkce.advertised"
	CheckPKCE            CheckKind = "pkce"
	CheckAnswerJSON      CheckKind = "answer.json"
	CheckAnswerMembers   CheckKind = "answer.members"
	CheckRequestLife     CheckKind = "request.expires_in"
	CheckDevicePage      CheckKind = "device.verification_uri"
	CheckJARMSignature   CheckKind = "jarm.signature"
	CheckJARMIssuer      CheckKind = "jarm.iss"
	CheckJARMAudience    CheckKind = "jarm.aud"
	CheckJARMExpiry      CheckKind = "jarm.exp"
	CheckState           CheckKind = "state"
	CheckCallbackIssuer  CheckKind = "callback.iss"
	CheckAccessToken     CheckKind = "access_token"
	CheckExpiresIn       CheckKind = "expires_in"
	CheckResponseTypes   CheckKind = "token_response"
	CheckTokenType       CheckKind = "token_type"
	CheckScope           CheckKind = "scope"
	CheckTarget          CheckKind = "resource"
	CheckDetails         CheckKind = "authorization_details"
	CheckDPoPBinding     CheckKind = "dpop.binding"
	CheckMTLSBinding     CheckKind = "mtls.binding"
	CheckIssuedTokenType CheckKind = "issued_token_type"
	CheckFrontChannel    CheckKind = "front_channel"
	CheckIDTokenPresent  CheckKind = "id_token"
	CheckDecryption      CheckKind = "id_token.encryption"
	CheckIDTokenType     CheckKind = "id_token.typ"
	CheckSignature       CheckKind = "id_token.signature"
	CheckAlg             CheckKind = "id_token.alg"
	CheckIssuer          CheckKind = "id_token.iss"
	CheckAudience        CheckKind = "id_token.aud"
	CheckAuthorizedParty CheckKind = "id_token.azp"
	CheckExpiry          CheckKind = "id_token.exp"
	CheckNotBefore       CheckKind = "id_token.nbf"
	CheckIssuedAt        CheckKind = "id_token.iat"
	CheckNonce           CheckKind = "id_token.nonce"
	CheckACR             CheckKind = "id_token.acr"
	CheckAuthTime        CheckKind = "id_token.auth_time"
	CheckAtHash          CheckKind = "id_token.at_hash"
	CheckCHash           CheckKind = "id_token.c_hash"
	CheckSHash           CheckKind = "id_token.s_hash"
	CheckAuthReqID       CheckKind = "id_token.auth_req_id"
	CheckRTHash          CheckKind = "id_token.rt_hash"
	CheckSubject         CheckKind = "id_token.sub"
	CheckRefreshed       CheckKind = "id_token.refreshed"
	CheckBothChannels    CheckKind = "id_token.both"
	CheckUserinfoOpened  CheckKind = "userinfo.encryption"
	CheckUserinfoSigned  CheckKind = "userinfo.signature"
	CheckUserinfoIssuer  CheckKind = "userinfo.iss"
	CheckUserinfoTarget  CheckKind = "userinfo.aud"
	CheckUserinfoSubject CheckKind = "userinfo.sub"
	CheckActive          CheckKind = "introspection.active"
	CheckAnswerSignature CheckKind = "introspection.signature"
	CheckAnswerType      CheckKind = "introspection.typ"
	CheckAnswerIssuer    CheckKind = "introspection.iss"
	CheckAnswerAudience  CheckKind = "introspection.aud"
	CheckAnswerIssuedAt  CheckKind = "introspection.iat"
	CheckAnswerHolds     CheckKind = "introspection.token_introspection"
	CheckRotation        CheckKind = "refresh.rotation"
	CheckEdited          CheckKind = "edited"
)

//go:embed checks.txt
var checksText string

// declaredChecks parses checks.txt, once.
var declaredChecks = sync.OnceValue(func() []Check {
	var list []Check
	for line := range strings.Lines(checksText) {
		if !strings.HasPrefix(line, "#") {
			row := strings.SplitN(strings.TrimSpace(line), " | ", 4)
			list = append(list, Check{ID: CheckKind(row[0]), Must: row[1] == "MUST", Spec: row[2], Title: row[3]})
		}
	}
	return list
})

// Checks returns every declared check, without an outcome.
func Checks() []Check { return slices.Clone(declaredChecks()) }

// Pass records that the check passed.
func (k CheckKind) Pass(expected, received string) Check {
	return k.with(Passed, expected, received, "")
}

// Fail records that the check failed. Where the spec has no MUST, it is a warning.
func (k CheckKind) Fail(expected, received, because string) Check {
	c := k.with(Failed, expected, received, because)
	if !c.Must {
		c.Outcome = Warned
	}
	return c
}

// Warn records a value that is allowed but unwise.
func (k CheckKind) Warn(expected, received, because string) Check {
	return k.with(Warned, expected, received, because)
}

// Skip records that the check could not be made, and why.
func (k CheckKind) Skip(because string) Check { return k.with(Skipped, "", "", because) }

func (k CheckKind) with(o Outcome, expected, received, because string) Check {
	c := Check{ID: k}
	if i := slices.IndexFunc(declaredChecks(), func(d Check) bool { return d.ID == k }); i >= 0 {
		c = declaredChecks()[i]
	}
	c.Outcome = o
	c.Expected, c.Received, c.Because = VisibleLine(expected), VisibleLine(received), VisibleLine(because)
	return c
}
