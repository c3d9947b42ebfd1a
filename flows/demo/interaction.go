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
	// RedirectTarget is the address outside that the response may redirect to; "" for none.
	RedirectTarget() string
	Approve(w http.ResponseWriter, r *http.Request, by signIn)
	Deny(w http.ResponseWriter)
}

// interactions are those in progress.
type interactions struct {
	sessions *browserSessions
	open     *table[*interaction] // by ID; the interaction guards itself
}

func newInteractions(sessions *browserSessions) *interactions {
	return &interactions{sessions, newTable[*interaction](sessions.env.now, interactionLifetime, maxInteractions)}
}

// start starts an interaction and redirects the browser to it.
func (n *interactions) start(w http.ResponseWriter, r *http.Request, i *interaction) {
	i.ID, i.browser = randomToken(), n.sessions.browserID(w, r)
	n.open.Put(i.ID, i)
	seeOther(w, "/interaction/"+i.ID)
}

// find returns the interaction of this path if it belongs to this browser; otherwise it shows an error page.
func (n *interactions) find(w http.ResponseWriter, r *http.Request) (*interaction, bool) {
	i, ok := n.open.Get(r.PathValue("id"))
	if ok {
		cookie, err := r.Cookie(n.sessions.cookieName("browser_"))
		ok = err == nil && subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(i.browser)) == 1
	}
	if !ok {
		showEnded(w, "It was finished, has expired, or was begun in another browser. Start again from the app.")
	}
	return i, ok
}

func (n *interactions) show(w http.ResponseWriter, r *http.Request) {
	i, ok := n.find(w, r)
	if !ok {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	n.showStep(w, i, http.StatusOK, i.LoginHint, "")
}

// showStep shows the next page: sign-in, or the question; username and problem are of the previous attempt.
func (n *interactions) showStep(w http.ResponseWriter, i *interaction, status int, username, problem string) {
	name, d := "signin", pageData{Title: "Sign in", Username: username, Users: users, Password: Password,
		OTP: i.ACR == acrOTP, OneTimeCode: oneTimeCode}
	if i.SignIn.User != "" {
		name, d = i.purpose.Question(i)
		d.Username = i.SignIn.User
	}
	d.Problem, d.Action, d.FormAction = problem, "/interaction/"+i.ID, formAction(i.purpose.RedirectTarget())
	d.ClientName, d.ClientID = i.Client.Name, i.Client.ID
	page(w, status, name, d)
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

// answer handles the form of the page.
func (n *interactions) answer(w http.ResponseWriter, r *http.Request) {
	if fromAnotherSite(w, r) {
		return
	}
	i, ok := n.find(w, r)
	if !ok {
		return
	}
	p, bad := bodyParams(r)
	if bad != nil {
		errorPage(w, http.StatusBadRequest, bad)
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case i.done:
		showEnded(w, "It has been answered already. Start again from the app.")
	case p.Get("decision") == "deny":
		n.finish(i)
		i.purpose.Deny(w)
	case i.SignIn.User == "":
		n.takeSignIn(w, r, i, p)
	case p.Get("decision") == "allow":
		n.finish(i)
		i.purpose.Approve(w, r, i.SignIn)
	default:
		n.showStep(w, i, http.StatusBadRequest, "", "Choose Allow or Deny.")
	}
}

// showEnded shows that an interaction has ended.
func showEnded(w http.ResponseWriter, text string) {
	message(w, http.StatusBadRequest, "This sign-in is over", text)
}

// fromAnotherSite rejects a form that another site's page sent.
func fromAnotherSite(w http.ResponseWriter, r *http.Request) bool {
	if http.NewCrossOriginProtection().Check(r) == nil {
		return false
	}
	message(w, http.StatusForbidden, "Not from here", "This form was sent by another site.")
	return true
}

func (n *interactions) finish(i *interaction) {
	i.done = true
	n.open.Delete(i.ID)
}

// takeSignIn checks name, password and one-time code; wrong ones show the page again.
func (n *interactions) takeSignIn(w http.ResponseWriter, r *http.Request, i *interaction, p params) {
	name := strings.ToLower(strings.TrimSpace(p.Get("username")))
	u, known := findUser(name)
	switch {
	case !checkPassword(p.Get("password")) || !known:
		n.showStep(w, i, http.StatusUnprocessableEntity, name, "That user name or password is wrong.")
	case i.ACR == acrOTP && p.Get("otp") != oneTimeCode:
		n.showStep(w, i, http.StatusUnprocessableEntity, name, "That one-time code is wrong.")
	default:
		i.SignIn = n.sessions.signIn(w, r, u.Name, i.ACR)
		seeOther(w, "/interaction/"+i.ID) // so that a reload does not send the password again
	}
}
