package demo

import (
	"crypto/subtle"
	"net/http"
	"strings"
	"sync"
)

// interaction is what the user has to do in a browser before a request is answered: sign in, then consent. Its ID is a
// secret of that one browser, so other sites cannot answer for the user (CSRF).
type interaction struct {
	ID        string
	Client    client
	Scopes    []string
	Details   []map[string]any // authorization_details
	LoginHint string
	ACR       string // the required authentication context

	purpose purpose

	mu      sync.Mutex
	browser string
	SignIn  signIn // zero before the user has signed in
	done    bool
}

// purpose is the reason of an interaction. Another kind of approval is another purpose.
type purpose interface {
	// Question is the page that asks the user, once signed in, to allow or deny.
	Question(i *interaction) (page string, d pageData)
	// Leads is the address outside that the response may redirect to; "" for none.
	RedirectTarget() string
	Approve(s *Server, w http.ResponseWriter, r *http.Request, by signIn)
	Deny(s *Server, w http.ResponseWriter, r *http.Request)
}

func interactionEndpoints() []endpoint {
	return []endpoint{
		{Method: "GET", Path: "/interaction/{id}", Handle: (*Server).showInteraction},
		{Method: "POST", Path: "/interaction/{id}", Handle: (*Server).answerInteraction},
	}
}

// interact starts an interaction and redirects the browser to it.
func (s *Server) interact(w http.ResponseWriter, r *http.Request, i *interaction) {
	i.ID, i.browser = randomToken(), s.browserID(w, r)
	s.store.interactions.Put(i.ID, i)
	seeOther(w, "/interaction/"+i.ID)
}

// findInteraction returns the interaction of this path if it belongs to this browser; otherwise it shows an error page.
func (s *Server) findInteraction(w http.ResponseWriter, r *http.Request) (*interaction, bool) {
	i, ok := s.store.interactions.Get(r.PathValue("id"))
	if ok {
		cookie, err := r.Cookie(s.cookieName("browser_"))
		ok = err == nil && subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(i.browser)) == 1
	}
	if !ok {
		s.showEnded(w, "It was finished, has expired, or was begun in another browser. Start again from the app.")
	}
	return i, ok
}

func (s *Server) showInteraction(w http.ResponseWriter, r *http.Request) {
	i, ok := s.findInteraction(w, r)
	if !ok {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	s.showStep(w, i, http.StatusOK, i.LoginHint, "")
}

// showStep shows the next page: sign-in, or the question; username and problem are of the previous attempt.
func (s *Server) showStep(w http.ResponseWriter, i *interaction, status int, username, problem string) {
	name, d := "signin", pageData{Title: "Sign in", Username: username, Users: users, Password: Password,
		OTP: i.ACR == acrOTP, OneTimeCode: oneTimeCode}
	if i.SignIn.User != "" {
		name, d = i.purpose.Question(i)
		d.Username = i.SignIn.User
	}
	d.Problem, d.Action, d.FormAction = problem, "/interaction/"+i.ID, formAction(i.purpose.RedirectTarget())
	d.ClientName, d.ClientID = i.Client.Name, i.Client.ID
	s.page(w, status, name, d)
}

// askConsent is the question of most purposes: may the client do this?
func askConsent(i *interaction, notice string) (string, pageData) {
	d := pageData{Title: "Allow access?", Notice: notice, Details: detailTexts(i.Details)}
	for _, name := range i.Scopes {
		known, _ := findScope(name)
		d.Scopes = append(d.Scopes, known)
	}
	return "consent", d
}

// answerInteraction handles the form of the page.
func (s *Server) answerInteraction(w http.ResponseWriter, r *http.Request) {
	if s.fromAnotherSite(w, r) {
		return
	}
	i, ok := s.findInteraction(w, r)
	if !ok {
		return
	}
	p, bad := bodyParams(r)
	if bad != nil {
		s.errorPage(w, http.StatusBadRequest, bad)
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case i.done:
		s.showEnded(w, "It has been answered already. Start again from the app.")
	case p.Get("decision") == "deny":
		s.finish(i)
		i.purpose.Deny(s, w, r)
	case i.SignIn.User == "":
		s.takeSignIn(w, r, i, p)
	case p.Get("decision") == "allow":
		s.finish(i)
		i.purpose.Approve(s, w, r, i.SignIn)
	default:
		s.showStep(w, i, http.StatusBadRequest, "", "Choose Allow or Deny.")
	}
}

// showEnded shows that an interaction has ended.
func (s *Server) showEnded(w http.ResponseWriter, text string) {
	s.page(w, http.StatusBadRequest, "message", pageData{Title: "This sign-in is over", Text: text})
}

// fromAnotherSite rejects a form that another site's page sent.
func (s *Server) fromAnotherSite(w http.ResponseWriter, r *http.Request) bool {
	if http.NewCrossOriginProtection().Check(r) == nil {
		return false
	}
	s.page(w, http.StatusForbidden, "message", pageData{Title: "Not from here",
		Text: "This form was sent by another site."})
	return true
}

func (s *Server) finish(i *interaction) {
	i.done = true
	s.store.interactions.Delete(i.ID)
}

// takeSignIn checks name, password and one-time code; wrong ones show the page again.
func (s *Server) takeSignIn(w http.ResponseWriter, r *http.Request, i *interaction, p params) {
	name := strings.ToLower(strings.TrimSpace(p.Get("username")))
	u, known := findUser(name)
	switch {
	case !checkPassword(p.Get("password")) || !known:
		s.showStep(w, i, http.StatusUnprocessableEntity, name, "That user name or password is wrong.")
	case i.ACR == acrOTP && p.Get("otp") != oneTimeCode:
		s.showStep(w, i, http.StatusUnprocessableEntity, name, "That one-time code is wrong.")
	default:
		i.SignIn = s.signInUser(w, r, u.Name, i.ACR)
		seeOther(w, "/interaction/"+i.ID) // so that a reload does not send the password again
	}
}
