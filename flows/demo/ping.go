package demo

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"fob/tokens"
)

// ping notifies a client that an auth_req_id is ready (OpenID Connect CIBA 10.2).
type ping struct {
	endpoint, id string
	token        tokens.Secret // client_notification_token
}

// newPing returns nil for a client that polls.
func newPing(c client, id, token string) (*ping, *oauthError) {
	switch {
	case c.DeliveryMode != deliverPing:
		return nil, nil
	case c.NotificationEndpoint == "":
		return nil, oauthErrorf("invalid_request",
			"the client %s has registered no backchannel_client_notification_endpoint: PATCH it at /demo/clients/%s",
			c.ID, c.ID)
	case len(token) < 22 || len(token) > 1024 || strings.ContainsAny(token, " \r\n"):
		return nil, oauthErrorf("invalid_request",
			"client_notification_token is missing, or not 22 to 1024 characters (OpenID Connect CIBA 7.1)")
	}
	return &ping{endpoint: c.NotificationEndpoint, id: id, token: tokens.NewSecret(token)}, nil
}

// ping tries once: a client without a ping polls.
func (b *backchannel) ping(ctx context.Context, p *ping) {
	body, err := json.Marshal(map[string]string{"auth_req_id": p.id})
	if err != nil {
		return
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.endpoint, strings.NewReader(string(body)))
	if err != nil {
		return
	}
	token := p.token.Reveal()
	if b.env.on(faultCIBAForeignPing) {
		token = "a-token-that-the-client-did-not-send"
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	_, _, _ = b.out.send(r)
}
