package flows

import (
	"encoding/base64"
	"net/url"

	"fob/tokens"
)

// authBasic sends client ID and secret, form-encoded, in an Authorization header. Many clients omit the form encoding,
// and some servers expect that: see authBasicRaw.
var authBasic = AuthMethod{
	ID:          "client_secret_basic",
	Name:        "client secret, Basic header",
	Spec:        "RFC 6749 2.3.1",
	Metadata:    "client_secret_basic",
	NeedsSecret: true,
	Apply: func(req *TokenRequest, c Client) error {
		setBasic(req, url.QueryEscape(c.ID), url.QueryEscape(c.Secret.Reveal()))
		req.Secrets = append(req.Secrets, c.Secret)
		return nil
	},
}

// authBasicRaw is client_secret_basic without the form encoding that RFC 6749 2.3.1 requires.
var authBasicRaw = AuthMethod{
	ID:          "client_secret_basic_raw",
	Name:        "client secret, Basic header, not form-encoded",
	Spec:        "RFC 7617 2",
	Metadata:    "client_secret_basic",
	NeedsSecret: true,
	Apply: func(req *TokenRequest, c Client) error {
		setBasic(req, c.ID, c.Secret.Reveal())
		req.Secrets = append(req.Secrets, c.Secret)
		return nil
	},
}

// authPost sends client ID and secret as form parameters.
var authPost = AuthMethod{
	ID:          "client_secret_post",
	Name:        "client secret, in the form",
	Spec:        "RFC 6749 2.3.1",
	Metadata:    "client_secret_post",
	NeedsSecret: true,
	Apply: func(req *TokenRequest, c Client) error {
		req.Form.Set("client_id", c.ID)
		req.Form.Set("client_secret", c.Secret.Reveal())
		req.Secrets = append(req.Secrets, c.Secret)
		return nil
	},
}

// setBasic sets the header. The encoded pair is a secret too, since it can be decoded.
func setBasic(req *TokenRequest, id, secret string) {
	pair := base64.StdEncoding.EncodeToString([]byte(id + ":" + secret))
	req.Header.Set("Authorization", "Basic "+pair)
	req.Secrets = append(req.Secrets, tokens.NewSecret(pair))
}
