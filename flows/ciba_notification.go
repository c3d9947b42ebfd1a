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

// notice is what came to the notification address.
type notification struct {
	id  string // the auth_req_id that it names
	why string // why it does not count; "" when it does
}

// notificationListener takes the notifications of a server in ping mode (CIBA 10.2), on loopback.
type notificationListener struct {
	token         tokens.Secret // client_notification_token: what the server shows to be believed
	path          string
	notifications chan notification
	server        *http.Server
}

// maxNotificationBytes bounds a notification, in bytes.
const maxNotificationBytes = 64 << 10

// listenForNotification listens at the client's notification address, or says why it cannot.
func (r *Run) listenForNotification(ctx context.Context, uri string) (*notificationListener, error) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "http" || u.Port() == "" || !tokens.IsLoopback(u.Hostname()) {
		return nil, &InputError{Input: "notification_uri", Value: uri,
			Expected: "an http address with a port on this machine's loopback, such as http://127.0.0.1:8765/ciba: " +
				"fob opens no port to the network and has no certificate for it. With a server elsewhere, use the " +
				"delivery mode poll, or a tunnel that ends here"}
	}
	token, err := r.random()
	if err != nil {
		return nil, err
	}
	socket, err := (&net.ListenConfig{}).Listen(ctx, "tcp", u.Host)
	if err != nil {
		return nil, fmt.Errorf("listening for the notification at %s: %w; free the port, or use the delivery mode poll",
			tokens.VisibleLine(uri), err)
	}
	l := &notificationListener{token: tokens.NewSecret(token), path: u.EscapedPath(),
		notifications: make(chan notification, maxNotifications)}
	l.server = &http.Server{Handler: l, ErrorLog: log.New(io.Discard, "", 0),
		ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10}
	go func() { _ = l.server.Serve(socket) }()
	r.Step(Step{
		From: Fob, To: Fob, Title: "Listen for the notification at " + uri, Spec: "OpenID CIBA Core 10.2",
		Meaning: "The server will say there that the person has decided, with a token that only it knows.",
	})
	return l, nil
}

func (l *notificationListener) close() { _ = l.server.Close() }

// ServeHTTP answers a notification (CIBA 10.2).
func (l *notificationListener) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	n, status := l.read(req)
	w.WriteHeader(status)
	select {
	case l.notifications <- n:
	default: // more than anybody needs
	}
}

func (l *notificationListener) read(req *http.Request) (notification, int) {
	if req.Method != http.MethodPost || req.URL.EscapedPath() != l.path {
		return notification{why: "it was no POST to the notification address"}, http.StatusNotFound
	}
	scheme, token, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || !tokens.NewSecret(token).Equal(l.token) {
		return notification{why: "it did not show the client_notification_token of this run"}, http.StatusUnauthorized
	}
	var body struct {
		ID string `json:"auth_req_id"`
	}
	data, err := io.ReadAll(io.LimitReader(req.Body, maxNotificationBytes))
	if err != nil || json.Unmarshal(data, &body) != nil || body.ID == "" {
		return notification{why: "it named no auth_req_id"}, http.StatusBadRequest
	}
	return notification{id: body.ID}, http.StatusNoContent
}

// acceptNotification reports a notification, and says whether it is the awaited one.
func (r *Run) acceptNotification(p *polling, n notification) bool {
	if n.why == "" && n.id != p.secret.Reveal() {
		n.why = "it named another auth_req_id"
	}
	if n.why != "" {
		r.Step(Step{
			From: AuthorizationServer, To: Fob, Title: "A notification was ignored: " + n.why,
			Spec:    "OpenID CIBA Core 10.2",
			Meaning: "Anything on this machine can send requests to the address; only the awaited one counts.",
		})
		return false
	}
	r.Step(Step{
		From: AuthorizationServer, To: Fob, Title: "The server says that the person has decided",
		Spec:    "OpenID CIBA Core 10.2",
		Meaning: "It says that they have, not how: for that fob asks the token endpoint.",
	})
	return true
}
