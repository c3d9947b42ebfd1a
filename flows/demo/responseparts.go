package demo

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// responseTypes are the supported response types, as OAuth 2.0 Multiple Response Type Encoding Practices and OpenID
// Connect Core 3 write them.
var responseTypes = []string{"code", "token", "id_token", "id_token token", "code id_token", "code token",
	"code id_token token", "none"}

// findResponseType ignores the order of the words (RFC 6749 3.1.1).
func findResponseType(asked string) (string, bool) {
	words := strings.Fields(asked)
	slices.Sort(words)
	for _, known := range responseTypes {
		if slices.Equal(words, slices.Sorted(slices.Values(strings.Fields(known)))) {
			return known, true
		}
	}
	return "", false
}

// hasWord reports whether a response type contains the word.
func hasWord(responseType, word string) bool {
	return slices.Contains(strings.Fields(responseType), word)
}

// usesFront reports whether a response type puts tokens into the front channel (RFC 9700 2.1.2 advises against it).
func usesFront(responseType string) bool {
	return hasWord(responseType, "token") || hasWord(responseType, "id_token")
}

// approval is an approved authorization request and what was issued for it so far.
type approval struct {
	Request      *authRequest
	Family       string
	Of           family
	Code, Access string // what was issued so far
}

// approve sends what the response_type requests.
func (az *authorizer) approve(w http.ResponseWriter, req *authRequest, by signIn) {
	a := &approval{Request: req, Of: family{Client: req.Client.ID, User: by.User, SignIn: by.ID, AuthTime: by.AuthTime,
		ACR:    by.ACR,
		Scopes: req.Scopes, Resources: req.Resources, Details: req.Details, Claims: req.Claims}}
	a.Family = az.store.newFamily(a.Of)
	var fields []field
	// In the order of their dependencies: the id_token has hashes of the others.
	for _, part := range []struct {
		word string
		make func(*approval) ([]field, *oauthError)
	}{{"code", az.newCode}, {"token", az.newFrontToken}, {"id_token", az.newFrontIDToken}} {
		if !hasWord(req.ResponseType, part.word) {
			continue
		}
		more, err := part.make(a)
		if err != nil {
			az.responses.sendError(w, req, err)
			return
		}
		fields = append(fields, more...)
	}
	az.responses.send(w, req, fields)
}

func (az *authorizer) newCode(a *approval) ([]field, *oauthError) {
	a.Code = randomToken()
	az.codes.Put(a.Code, codeRecord{Request: a.Request, Family: a.Family, Expires: az.env.now().Add(codeLifetime)})
	return []field{{"code", a.Code}}, nil
}

// issuance is the issuance of the front channel: never bound to a key, and never with a refresh token.
func (a *approval) issuance(resource string) issuance {
	return issuance{Client: a.Request.Client, Family: a.Family, Of: a.Of, Scopes: a.Request.Scopes, Resource: resource,
		Nonce: a.Request.Nonce}
}

// newFrontToken issues an access token in the authorization response (RFC 6749 4.2.2, OpenID Connect Core 3.3.2.5).
func (az *authorizer) newFrontToken(a *approval) ([]field, *oauthError) {
	resource, err := az.env.chooseResource(a.Request.Resources, nil)
	if err != nil {
		return nil, err
	}
	access, failure := az.tokens.issueAccess(a.issuance(resource))
	if failure != nil {
		return nil, serverFailure("signing the access token", failure)
	}
	a.Access = access
	return []field{{"access_token", access}, {"token_type", "Bearer"},
		{"expires_in", strconv.FormatInt(int64(az.env.config.AccessLifetime/time.Second), 10)},
		{"scope", strings.Join(a.Request.Scopes, " ")}}, nil
}

// newFrontIDToken issues an id_token in the authorization response, with the hashes of the rest: at_hash, c_hash
// (OpenID Connect Core 3.3.2.11) and s_hash (FAPI 1.0 part 2, 5.1.1).
func (az *authorizer) newFrontIDToken(a *approval) ([]field, *oauthError) {
	i := a.issuance("")
	i.Code, i.State = a.Code, a.Request.State
	token, err := az.tokens.issueIDToken(i, a.Access)
	if err != nil {
		return nil, serverFailure("signing the id_token", err)
	}
	return []field{{"id_token", token}}, nil
}
