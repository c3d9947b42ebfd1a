package provider

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"fob/tokens/spelling"
)

// memberType is the type of a metadata member.
type memberType string

const (
	typeString memberType = "a string"
	typeURL    memberType = "a URL"
	typeList   memberType = "a list of strings"
	typeBool   memberType = "true or false"
	typeObject memberType = "an object"
)

// members are the metadata members that the specifications define, by type. Sources: the IANA registry "OAuth
// Authorization Server Metadata", and the specifications that have not registered theirs (JARM, Native SSO, client ID
// metadata documents, attested clients, prompt=create).
var members = map[memberType]string{
	// RFC 8414 2, OpenID Connect Discovery 3; RFC 8628, 9126, 7591, 7662 and 7009; CIBA 4; RP-Initiated Logout 2.1;
	// Session Management 3.3; OpenID Federation 1.0 5; the attestation draft.
	typeURL: `issuer authorization_endpoint token_endpoint userinfo_endpoint jwks_uri registration_endpoint
		revocation_endpoint introspection_endpoint device_authorization_endpoint pushed_authorization_request_endpoint
		backchannel_authentication_endpoint end_session_endpoint check_session_iframe service_documentation
		op_policy_uri op_tos_uri signed_jwks_uri federation_registration_endpoint logo_uri information_uri
		organization_uri challenge_endpoint`,
	typeString: `signed_metadata organization_name display_name description`,
	typeList: `scopes_supported response_types_supported response_modes_supported grant_types_supported
		acr_values_supported subject_types_supported token_endpoint_auth_methods_supported
		token_endpoint_auth_signing_alg_values_supported revocation_endpoint_auth_methods_supported
		revocation_endpoint_auth_signing_alg_values_supported introspection_endpoint_auth_methods_supported
		introspection_endpoint_auth_signing_alg_values_supported id_token_signing_alg_values_supported
		id_token_encryption_alg_values_supported id_token_encryption_enc_values_supported
		userinfo_signing_alg_values_supported userinfo_encryption_alg_values_supported
		userinfo_encryption_enc_values_supported request_object_signing_alg_values_supported
		request_object_encryption_alg_values_supported request_object_encryption_enc_values_supported
		introspection_signing_alg_values_supported introspection_encryption_alg_values_supported
		introspection_encryption_enc_values_supported authorization_signing_alg_values_supported
		authorization_encryption_alg_values_supported authorization_encryption_enc_values_supported
		display_values_supported claim_types_supported claims_supported claims_locales_supported ui_locales_supported
		prompt_values_supported code_challenge_methods_supported dpop_signing_alg_values_supported
		authorization_details_types_supported backchannel_token_delivery_modes_supported
		backchannel_authentication_request_signing_alg_values_supported client_registration_types_supported keywords
		contacts protected_resources nfv_token_signing_alg_values_supported nfv_token_encryption_alg_values_supported
		nfv_token_encryption_enc_values_supported`,
	typeBool: `claims_parameter_supported request_parameter_supported request_uri_parameter_supported
		require_request_uri_registration require_signed_request_object require_pushed_authorization_requests
		authorization_response_iss_parameter_supported tls_client_certificate_bound_access_tokens
		backchannel_user_code_parameter_supported backchannel_logout_supported backchannel_logout_session_supported
		frontchannel_logout_supported frontchannel_logout_session_supported client_id_metadata_document_supported
		native_sso_supported`,
	typeObject: `mtls_endpoint_aliases jwks`,
}

// memberTypeOf returns the type of a member; "" when it is unknown.
func memberTypeOf(name string) memberType {
	for f, names := range members {
		if slices.Contains(strings.Fields(names), name) {
			return f
		}
	}
	return ""
}

// matches reports whether a value has the type.
func (f memberType) matches(raw json.RawMessage) bool {
	var (
		text   *string
		list   []string
		flag   *bool
		object map[string]json.RawMessage
	)
	switch f {
	case typeString:
		return json.Unmarshal(raw, &text) == nil && text != nil
	case typeURL:
		if json.Unmarshal(raw, &text) != nil || text == nil {
			return false
		}
		u, err := url.Parse(*text)
		return err == nil && u.Scheme != "" && u.Host != ""
	case typeList:
		return json.Unmarshal(raw, &list) == nil && list != nil
	case typeBool:
		return json.Unmarshal(raw, &flag) == nil && flag != nil
	}
	return json.Unmarshal(raw, &object) == nil && object != nil
}

// lintMisspelled finds unknown members that differ from a known one in one letter or two swapped ones.
func lintMisspelled(m *Metadata) []string {
	var list []string
	for _, name := range names(m.Raw) {
		if memberTypeOf(name) != "" {
			continue
		}
		for _, known := range allMembers() {
			if !m.has(known) && spelling.Distance(name, known, 1) == 1 {
				list = append(list, name+" is not a known member: the correct name is "+known)
				break
			}
		}
	}
	return list
}

func allMembers() []string {
	var all []string
	for _, names := range members {
		all = append(all, strings.Fields(names)...)
	}
	slices.Sort(all)
	return all
}

func names(raw map[string]json.RawMessage) []string {
	var list []string
	for name := range raw {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}
