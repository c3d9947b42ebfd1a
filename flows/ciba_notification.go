package flows

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"fob/tokens"
)

// notification is a request to the client notification endpoint.
type notification struct {
	id       string // its auth_req_id
	rejected string // why it is ignored; "" when it is valid
}

// notificationListener receives the notifications of a server in ping mode (CIBA 10.2), on loopback.
type notificationListener struct {
	token         tokens.Secret // client_notification_token: authenticates the server's notification
	path          string
	notifications chan notification
	server        *http.Server
}

// maxNotificationBytes is the size limit of a notification.
const maxNotificationBytes = 64 << 10

// listenForNotification listens at the client notification endpoint, which must be on loopback.
func (r *Run) listenForNotification(ctx context.Context, uri string) (*notificationListener, error) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "http" || u.Port() == "" || !tokens.IsLoopback(u.Hostname()) {
		return nil, &InputError{Input: "notification_uri", Value: uri,
			Expected: "an http address with a port on this machine's loopback, such as http://127.0.0.1:8765/ciba: " +
				"fob opens no port to the network and has no certificate for it. For a server on another machine use " +
				"the delivery mode poll, or a tunnel to this address"}
	}
	token, err := r.random()
	if err != nil {
		return nil, err
	}
	socket, err := (&net.ListenConfig{}).Listen(ctx, "tcp", u.Host)
	if err != nil {
		return nil, fmt.Errorf("listen for the notification at %s: %w; free the port, or use the delivery mode poll",
			tokens.VisibleLine(uri), err)
	}
	l := &notificationListener{token: tokens.NewSecret(token), path: u.EscapedPath(),
		notifications: make(chan notification, maxNotifications)}
	l.server = &http.Server{Handler: l, ErrorLog: log.New(io.Discard, "", 0),
		ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10}
	go func() { _ = l.server.Serve(socket) }()
	r.Step(Step{
		From: Fob, To: Fob, Title: "Listen for the notification at " + uri, Spec: "OpenID CIBA Core 10.2",
		Meaning: "The server will report there that the user has decided, with a token that only it and fob know.",
	})
	return l, nil
}

func (l *notificationListener) close() { _ = l.server.Close() }

// ServeHTTP responds to a notification (CIBA 10.2).
func (l *notificationListener) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	n, status := l.read(req)
	w.WriteHeader(status)
	select {
	case l.notifications <- n:
	default: // the queue is full: further ones change nothing
	}
}

func (l *notificationListener) read(req *http.Request) (notification, int) {
	if req.Method != http.MethodPost || req.URL.EscapedPath() != l.path {
		return notification{rejected: "it was not a POST to the notification address"}, http.StatusNotFound
	}
	scheme, token, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || !tokens.NewSecret(token).Equal(l.token) {
		return notification{rejected: "it did not carry the client_notification_token of this run"},
			http.StatusUnauthorized
	}
	var body struct {
		ID string `json:"auth_req_id"`
	}
	data, err := io.ReadAll(io.LimitReader(req.Body, maxNotificationBytes))
	if err != nil || json.Unmarshal(data, &body) != nil || body.ID == "" {
		return notification{rejected: "auth_req_id is missing in it"}, http.StatusBadRequest
	}
	return notification{id: body.ID}, http.StatusNoContent
}

// acceptNotification reports a notification as a step and returns whether it is the awaited one.
func (r *Run) acceptNotification(p *polling, n notification) bool {
	if n.rejected == "" && n.id != p.secret.Reveal() {
		n.rejected = "it has another auth_req_id"
	}
	if n.rejected != "" {
		r.Step(Step{
			From: AuthorizationServer, To: Fob, Title: "Ignored a notification: " + n.rejected,
			Spec:    "OpenID CIBA Core 10.2",
			Meaning: "Any process on this machine can send requests to the address; only the awaited one is accepted.",
		})
		return false
	}
	r.Step(Step{
		From: AuthorizationServer, To: Fob, Title: "The server reports that the user has decided",
		Spec:    "OpenID CIBA Core 10.2",
		Meaning: "The notification does not say how: fob asks the token endpoint.",
	})
	return true
}
