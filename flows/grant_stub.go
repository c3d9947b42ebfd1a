package flows

import (
	"context"
	"errors"

	"fob/tokens"
)

var errComing = errors.New("not yet")

var AuthorizationCode = Grant{ID: "authorization_code", Name: "Authorization code", NeedsUser: true, Run: comingRun}
var DeviceAuthorization = Grant{ID: "device", Name: "Device", NeedsUser: true, Run: comingRun}
var ClientCredentials = Grant{ID: "client_credentials", Name: "Client credentials", Run: comingRun}
var Refresh = Grant{ID: "refresh_token", Name: "Refresh", Hidden: true, Run: comingRun}

func comingRun(context.Context, *Run) (tokens.Set, error) { return tokens.Set{}, errComing }

type AuthMethod struct {
	ID, Name, Spec string
	NeedsSecret    bool
	Apply          func(req *TokenRequest, c Client) error
}

type TokenRequest struct{}

func AuthMethods() []AuthMethod { return nil }
