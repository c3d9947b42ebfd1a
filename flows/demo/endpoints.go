package demo

import (
	"net"
	"net/http"
	"net/netip"
	"sort"
	"strings"
	"time"
)

// endpoint is one path of the server.
type endpoint struct {
	Method   string // GET answers HEAD as well; "" is every method
	Path     string // in the syntax of http.ServeMux
	Metadata string // the metadata member that names its URL; "" for none
	Handle   func(*Server, http.ResponseWriter, *http.Request)
}

// endpoints lists every path. Each file that serves some declares them; a new file adds a line here.
func endpoints() []endpoint {
	var all []endpoint
	for _, group := range [][]endpoint{
		metadataEndpoints(), keyEndpoints(), authorizationEndpoints(), interactionEndpoints(), tokenEndpoints(),
		deviceEndpoints(), userinfoEndpoints(), pushedEndpoints(), backchannelEndpoints(), registrationEndpoints(),
		clientDocumentEndpoints(), logoutEndpoints(), introspectionEndpoints(), revocationEndpoints(),
		endSessionEndpoints(),
		apiEndpoints(), faultEndpoints(), homeEndpoints(),
	} {
		all = append(all, group...)
	}
	return all
}

// The limits of a request body.
const (
	maxBody    = 64 << 10
	maxAPIBody = 1 << 20
)

// handler is the whole server: guards around the table of endpoints.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	methods := map[string][]string{}
	for _, e := range endpoints() {
		pattern := e.Path
		if e.Method != "" {
			pattern = e.Method + " " + e.Path
		}
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if refused := s.refusalAt(e.Path); refused != nil && e.Path != authorizePath {
				refused.write(w)
				return
			}
			e.Handle(s, w, r)
		})
		methods[e.Path] = append(methods[e.Path], e.Method)
	}
	for path, allowed := range methods {
		if path == "/" || allowed[0] == "" {
			continue
		}
		sort.Strings(allowed)
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			(&oauthError{Code: "invalid_request", Status: http.StatusMethodNotAllowed,
				Description: describable(r.Method + " is not allowed here; " + strings.Join(allowed, " or ") +
					" is")}).write(w)
		})
	}
	return s.guard(mux)
}

// guard rejects hosts other than loopback, bounds the request and marks every response.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Date", s.reportedTime().UTC().Format(http.TimeFormat))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		if !isLoopbackHost(r.Host) {
			// A foreign name that resolves to 127.0.0.1 is how a web page would reach this server (DNS rebinding).
			h.Set("Cache-Control", "no-store")
			http.Error(w, "This server is available on loopback addresses and localhost only.", http.StatusForbidden)
			return
		}
		s.offerNonce(w, r)
		limit := int64(maxBody)
		if strings.HasPrefix(r.URL.Path, "/api/") {
			limit = maxAPIBody
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		next.ServeHTTP(w, r)
	})
}

// isLoopbackHost reports whether a Host header (or the host of a URL) names this machine by number or as localhost.
func isLoopbackHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Zone() == "" && ip.IsLoopback()
}

// unix returns a NumericDate (RFC 7519 2).
func unix(t time.Time) int64 { return t.Unix() }
