package keys

// The global actions. The focused pane performs those with the prefix "nav.".
const (
	Up       Action = "nav.up"
	Down     Action = "nav.down"
	Left     Action = "nav.left"
	Right    Action = "nav.right"
	PageUp   Action = "nav.page-up"
	PageDown Action = "nav.page-down"
	Home     Action = "nav.home"
	End      Action = "nav.end"
	Open     Action = "nav.open"   // enter: open, choose, edit what is under the cursor
	Filter   Action = "nav.filter" // filter a list, search a text

	Help      Action = "app.help"
	Palette   Action = "app.palette"
	Back      Action = "app.back"
	Quit      Action = "app.quit"
	Cancel    Action = "app.cancel"
	NextPane  Action = "app.next-pane"
	PrevPane  Action = "app.prev-pane"
	ShowList  Action = "app.sessions"
	Pane1     Action = "app.pane-1"
	Pane2     Action = "app.pane-2"
	Pane3     Action = "app.pane-3"
	Pane4     Action = "app.pane-4"
	Pane5     Action = "app.pane-5"
	Pane6     Action = "app.pane-6"
	NewLogin  Action = "app.new"
	FromAPI   Action = "app.from-api" // a login, knowing only an API's address
	PasteIn   Action = "app.paste"
	Reload    Action = "app.reload"
	NextTheme Action = "app.theme"
	Mouse     Action = "app.mouse"
	CopyFile  Action = "app.copy-file"
	Suspend   Action = "app.suspend"
	Advice    Action = "app.advice" // the diagnosis of the error in the focused pane
)

// The actions of the session list.
const (
	SessionRefresh Action = "session.refresh"
	SessionCopy    Action = "session.copy" // the access token
	SessionRename  Action = "session.rename"
	SessionRevoke  Action = "session.revoke"
	SessionLogout  Action = "session.logout"
	SessionRemove  Action = "session.remove"
)

// The actions of the Token pane.
const (
	TokenNextKind   Action = "token.kind" // access, ID, refresh
	TokenView       Action = "token.view" // claims, header, raw, ledger
	TokenReveal     Action = "token.reveal"
	TokenCopy       Action = "token.copy"
	TokenCopyClaims Action = "token.copy-claims"
	TokenRefresh    Action = "token.refresh"
	TokenIntrospect Action = "token.introspect"
	TokenUserinfo   Action = "token.userinfo"
	TokenRevoke     Action = "token.revoke"
	TokenCompare    Action = "token.compare"
	TokenRenewed    Action = "token.refresh-and-compare"
	TokenKeys       Action = "token.keys"     // fetch the issuer's keys and verify
	TokenKey        Action = "token.key"      // verify or decrypt with the user's own key
	TokenDiscover   Action = "token.discover" // read the issuer's metadata
	TokenSend       Action = "token.send"     // the pending request
	TokenViews      Action = "token.views"    // choose a view by its name
	TokenWhy        Action = "token.why"      // why is this rejected
	TokenAnswer     Action = "token.answer"   // the API's response, for it
	TokenAlter      Action = "token.alter"    // make a token for tests
	TokenCall       Action = "token.call"     // use it for one call
	TokenCopyKey    Action = "token.copy-key" // the public key of a token that was made
	TokenNext       Action = "token.next-match"
	TokenPrev       Action = "token.prev-match"
)

// The actions of the Expiry pane.
const (
	ExpiryRefresh Action = "expiry.refresh"
	ExpirySort    Action = "expiry.sort"
)

// The actions of the Calls pane.
const (
	CallEdit    Action = "call.edit"
	CallSend    Action = "call.send"
	CallView    Action = "call.view" // body, headers, timing
	CallCopy    Action = "call.copy" // the response's body
	CallCurl    Action = "call.curl"
	CallInspect Action = "call.inspect" // a token found in the response
	CallStepUp  Action = "call.step-up" // sign in as the API asks
	CallWhy     Action = "call.why"     // why the token was rejected
	CallNext    Action = "call.next-match"
	CallPrev    Action = "call.prev-match"
)

// The actions of the Flow pane.
const (
	FlowCancel  Action = "flow.cancel"
	FlowBrowser Action = "flow.browser"
	FlowCopyURL Action = "flow.copy-url"
	FlowCopyOTP Action = "flow.copy-code" // the user code
	FlowPaste   Action = "flow.paste"     // a redirect URL
	FlowQR      Action = "flow.qr"
	FlowAgain   Action = "flow.again"
	FlowKeep    Action = "flow.keep" // store again what could not be stored
	FlowCopy    Action = "flow.copy" // the access token of a result that could not be stored
	FlowWhy     Action = "flow.why"  // the diagnosis of the error that ended the run
	FlowFix     Action = "flow.fix"  // the first proposed step that fob can do
	FlowExport  Action = "flow.export"
	FlowSend    Action = "flow.send" // the pending request, in step mode
	FlowEdit    Action = "flow.edit"
	FlowSendAll Action = "flow.send-all"
)

// The actions of the Provider pane.
const (
	ProviderChoose Action = "provider.choose"
	ProviderReload Action = "provider.reload"
	ProviderView   Action = "provider.view" // what it supports, keys, raw
	ProviderCopy   Action = "provider.copy"
	ProviderNext   Action = "provider.next-match"
	ProviderPrev   Action = "provider.prev-match"

	ProviderRegister   Action = "provider.register"   // a new client
	ProviderChange     Action = "provider.change"     // what is registered of one
	ProviderUnregister Action = "provider.unregister" // end a registration
	ProviderSend       Action = "provider.send"       // the pending request
)

// The actions of the Trace pane.
const (
	TraceView   Action = "trace.view" // request, response, timing
	TraceCopy   Action = "trace.copy"
	TraceCurl   Action = "trace.curl"
	TraceExport Action = "trace.export"
	TraceFollow Action = "trace.follow"
	TraceNext   Action = "trace.next-match"
	TracePrev   Action = "trace.prev-match"
)

// table has every binding. Within a scope the footer shows the rows marked Footer in this order, as many as fit.
var table = []Binding{
	{Action: SessionRefresh, Keys: []string{"r"}, Scope: Sessions, Label: "refresh", Stores: true, Footer: true,
		Tooltip: "Get new tokens for the selected session with its refresh token, and store them."},
	{Action: SessionCopy, Keys: []string{"y"}, Scope: Sessions, Label: "copy", Footer: true,
		Tooltip: "Copy the selected session's access token. It is not shown."},
	{Action: SessionRename, Keys: []string{"e"}, Scope: Sessions, Label: "rename", Stores: true,
		Tooltip: "Give the selected session another label."},
	{Action: SessionRevoke, Keys: []string{"v"}, Scope: Sessions, Label: "revoke", Dangerous: true,
		Tooltip: "Ask the provider to revoke the selected session's tokens (RFC 7009)."},
	{Action: SessionLogout, Keys: []string{"o"}, Scope: Sessions, Label: "log out", Dangerous: true,
		Tooltip: "Revoke the selected session's tokens, end the sign-in at the provider where it can be, and remove " +
			"the session."},
	{Action: SessionRemove, Keys: []string{"d"}, Scope: Sessions, Label: "remove", Dangerous: true,
		Tooltip: "Remove the selected session from the vault. The provider is not notified."},

	{Action: TokenSend, Keys: []string{"S"}, Scope: Token, Label: "send", Footer: true,
		Tooltip: "Send the pending request: nothing leaves this machine before you approve it, once for each address."},
	{Action: TokenView, Keys: []string{"v"}, Scope: Token, Label: "view", Footer: true,
		Tooltip: "Go to the next view: claims, JSON, header, signature, in use, findings, ledger, " +
			"disclosures, changes, why rejected, raw."},
	{Action: TokenWhy, Keys: []string{"w"}, Scope: Token, Label: "why rejected", Footer: true,
		Tooltip: "Say why an API rejects this token: the causes with the evidence for each, from its last rejected " +
			"call or a response that you paste."},
	{Action: TokenAnswer, Keys: []string{"e"}, Scope: Token, Label: "the response", Footer: true,
		Tooltip: "Paste the API's response, or choose a rejected call, to explain the rejection."},
	{Action: TokenNextKind, Keys: []string{"t"}, Scope: Token, Label: "other token", Footer: true,
		Tooltip: "Show the session's next token: access, ID, refresh."},
	{Action: TokenKeys, Keys: []string{"f"}, Scope: Token, Label: "fetch keys", Footer: true,
		Tooltip: "Fetch the keys of the token's issuer and verify the signature with them. The token itself is not " +
			"sent."},
	{Action: TokenKey, Keys: []string{"o"}, Scope: Token, Label: "use a key", Footer: true,
		Tooltip: "Verify or decrypt the token with a key, key set, certificate or shared secret of yours. It is read " +
			"and " +
			"not kept."},
	{Action: TokenCall, Keys: []string{"C"}, Scope: Token, Label: "use in Calls", Footer: true,
		Tooltip: "Use a token that was made or pasted for one call in Calls, instead of the session's."},
	{Action: TokenAlter, Keys: []string{"a"}, Scope: Token, Label: "alter", Footer: true,
		Tooltip: "Make a token for tests from this one: other claims, another key, a wrong signature, expired. It is " +
			"never stored."},
	{Action: TokenRenewed, Keys: []string{"R"}, Scope: Token, Label: "refresh and compare", Stores: true, Footer: true,
		Tooltip: "Get new tokens and show claim by claim what has changed: times as shifts, scopes as sets."},
	{Action: TokenCompare, Keys: []string{"c"}, Scope: Token, Label: "compare", Footer: true,
		Tooltip: "Compare with the token from before the last refresh, or mark this one and compare another with it."},
	{Action: TokenCopy, Keys: []string{"y"}, Scope: Token, Label: "copy", Footer: true,
		Tooltip: "Copy the token on the screen. It need not be revealed."},
	{Action: TokenIntrospect, Keys: []string{"i"}, Scope: Token, Label: "introspect", Footer: true,
		Tooltip: "Ask the provider about this token (RFC 7662), as the session's client or that of a profile."},
	{Action: TokenUserinfo, Keys: []string{"u"}, Scope: Token, Label: "userinfo", Footer: true,
		Tooltip: "Ask the userinfo endpoint whose access token this is (OIDC Core 5.3)."},
	{Action: TokenRefresh, Keys: []string{"r"}, Scope: Token, Label: "refresh", Stores: true, Footer: true,
		Tooltip: "Get new tokens for this session with its refresh token, and store them."},
	{Action: TokenViews, Keys: []string{"V"}, Scope: Token, Label: "views",
		Tooltip: "Choose a view from the list of all, with what each shows."},
	{Action: TokenDiscover, Keys: []string{"d"}, Scope: Token, Label: "discover",
		Tooltip: "Read the metadata of the issuer that the token names (RFC 8414). The token itself is not sent."},
	{Action: TokenCopyClaims, Keys: []string{"Y"}, Scope: Token, Label: "copy claims",
		Tooltip: "Copy the decoded claims as JSON, as they are in the token."},
	{Action: TokenCopyKey, Keys: []string{"K"}, Scope: Token, Label: "copy public key",
		Tooltip: "Copy the public key of a token that was made here, as a key set for the API under test."},
	{Action: TokenReveal, Keys: []string{"s"}, Scope: Token, Label: "reveal",
		Tooltip: "Show the raw token for ten seconds; it masks itself again."},
	{Action: TokenRevoke, Keys: []string{"x"}, Scope: Token, Label: "revoke", Dangerous: true,
		Tooltip: "Ask the provider to revoke this token (RFC 7009)."},
	{Action: TokenNext, Keys: []string{">", "ctrl+n"}, Scope: Token, Label: "next match",
		Tooltip: "Go to the next match of the search."},
	{Action: TokenPrev, Keys: []string{"<"}, Scope: Token, Label: "previous match",
		Tooltip: "Go to the previous match of the search."},

	{Action: ExpiryRefresh, Keys: []string{"r"}, Scope: Expiry, Label: "refresh", Stores: true, Footer: true,
		Tooltip: "Get new tokens for the selected session with its refresh token, and store them."},
	{Action: ExpirySort, Keys: []string{"s"}, Scope: Expiry, Label: "sort", Footer: true,
		Tooltip: "Sort by expiry, by label or by profile."},

	{Action: CallEdit, Keys: []string{"e"}, Scope: Calls, Label: "edit", Footer: true,
		Tooltip: "Edit the request: method, URL, headers, body."},
	{Action: CallSend, Keys: []string{"s", "ctrl+x"}, Scope: Calls, Label: "send", Footer: true,
		Tooltip: "Send the request with the selected session's access token, refreshed first when it is about to " +
			"expire."},
	{Action: CallView, Keys: []string{"v"}, Scope: Calls, Label: "view", Footer: true,
		Tooltip: "Switch between the response's body, headers and timing, and the history of calls."},
	{Action: CallWhy, Keys: []string{"w"}, Scope: Calls, Label: "why rejected", Footer: true,
		Tooltip: "Say why the API rejected the token: the causes with the evidence for each, in the Token pane."},
	{Action: CallCopy, Keys: []string{"y"}, Scope: Calls, Label: "copy body", Footer: true,
		Tooltip: "Copy the response's body."},
	{Action: CallCurl, Keys: []string{"c"}, Scope: Calls, Label: "as curl",
		Tooltip: "Copy the request as a curl command that gets its token from fob."},
	{Action: CallInspect, Keys: []string{"i"}, Scope: Calls, Label: "inspect",
		Tooltip: "Inspect the first token found in the response."},
	{Action: CallStepUp, Keys: []string{"u"}, Scope: Calls, Label: "step up", Stores: true, Footer: true,
		Tooltip: "Sign in again as the API's challenge asks: stronger, fresher, or with more scope (RFC 9470, RFC " +
			"6750 3)."},
	{Action: CallNext, Keys: []string{">", "ctrl+n"}, Scope: Calls, Label: "next match",
		Tooltip: "Go to the next match of the search in the response."},
	{Action: CallPrev, Keys: []string{"<"}, Scope: Calls, Label: "previous match",
		Tooltip: "Go to the previous match of the search in the response."},

	{Action: FlowSend, Keys: []string{"s"}, Scope: Flow, Label: "send", Footer: true,
		Tooltip: "Send the pending request, as it is (step mode)."},
	{Action: FlowEdit, Keys: []string{"e"}, Scope: Flow, Label: "edit", Footer: true,
		Tooltip: "Edit the pending request: change, drop or repeat a parameter, change a header, then send it."},
	{Action: FlowSendAll, Keys: []string{"A"}, Scope: Flow, Label: "send all", Footer: true,
		Tooltip: "Send the pending request and all that follow, without asking again."},
	{Action: FlowCancel, Keys: []string{"x"}, Scope: Flow, Label: "cancel", Footer: true,
		Tooltip: "End the running flow, or the pending request in step mode. Nothing is stored."},
	{Action: FlowBrowser, Keys: []string{"o"}, Scope: Flow, Label: "open browser", Footer: true,
		Tooltip: "Open the sign-in page in a browser, again if need be."},
	{Action: FlowCopyURL, Keys: []string{"y"}, Scope: Flow, Label: "copy URL", Footer: true,
		Tooltip: "Copy the URL that has to be opened."},
	{Action: FlowCopyOTP, Keys: []string{"c"}, Scope: Flow, Label: "copy code", Footer: true,
		Tooltip: "Copy the user code of a device flow."},
	{Action: FlowPaste, Keys: []string{"p"}, Scope: Flow, Label: "paste redirect", Footer: true,
		Tooltip: "Paste the whole URL on which the browser ended, when it cannot reach this machine."},
	{Action: FlowQR, Keys: []string{"w"}, Scope: Flow, Label: "QR code",
		Tooltip: "Show the URL as a QR code, or hide it."},
	{Action: FlowAgain, Keys: []string{"a"}, Scope: Flow, Label: "again", Footer: true,
		Tooltip: "Go back to the form, with everything as it was typed."},
	{Action: FlowKeep, Keys: []string{"S"}, Scope: Flow, Label: "store again", Stores: true, Footer: true,
		Tooltip: "Try again to store tokens that could not be stored."},
	{Action: FlowFix, Keys: []string{"f"}, Scope: Flow, Label: "try the advice", Footer: true,
		Tooltip: "Do the first proposed step, as far as fob can: fill it into the form, copy it, open it."},
	{Action: FlowWhy, Keys: []string{"d"}, Scope: Flow, Label: "diagnosis", Footer: true,
		Tooltip: "Show the diagnosis of the error: the message, the parameter, the causes, and what to do next."},
	{Action: FlowExport, Keys: []string{"E"}, Scope: Flow, Label: "export", Footer: true,
		Tooltip: "Write the run down: as Markdown, Mermaid or HAR, secrets as fingerprints."},
	{Action: FlowCopy, Keys: []string{"Y"}, Scope: Flow, Label: "copy token",
		Tooltip: "Copy the access token of the run that has just ended."},

	{Action: ProviderChoose, Keys: []string{"e"}, Scope: Provider, Label: "issuer", Footer: true,
		Tooltip: "Look at another provider: a profile's name or an issuer's URL."},
	{Action: ProviderView, Keys: []string{"v"}, Scope: Provider, Label: "view", Footer: true,
		Tooltip: "Switch between what it supports, its endpoints, keys, findings and clients, and the raw document."},
	{Action: ProviderReload, Keys: []string{"r"}, Scope: Provider, Label: "fetch again", Footer: true,
		Tooltip: "Fetch the provider's metadata and keys again."},
	{Action: ProviderCopy, Keys: []string{"y"}, Scope: Provider, Label: "copy", Footer: true,
		Tooltip: "Copy the value under the cursor, or the raw document."},
	{Action: ProviderRegister, Keys: []string{"a"}, Scope: Provider, Label: "register", Stores: true, Footer: true,
		Tooltip: "Register a client at this provider, and keep it as a profile (RFC 7591). The request is shown " +
			"before it is sent."},
	{Action: ProviderChange, Keys: []string{"c"}, Scope: Provider, Label: "change", Stores: true, Footer: true,
		Tooltip: "Change what is registered of the client under the cursor (RFC 7592). The request is shown before " +
			"it is sent."},
	{Action: ProviderUnregister, Keys: []string{"x"}, Scope: Provider, Label: "end registration", Dangerous: true,
		Footer: true, Tooltip: "End the registration of the client under the cursor, and remove its profile (RFC " +
			"7592 2.3)."},
	{Action: ProviderSend, Keys: []string{"s"}, Scope: Provider, Label: "send", Stores: true, Footer: true,
		Tooltip: "Send the pending request."},
	{Action: ProviderNext, Keys: []string{">", "ctrl+n"}, Scope: Provider, Label: "next match",
		Tooltip: "Go to the next match of the search."},
	{Action: ProviderPrev, Keys: []string{"<"}, Scope: Provider, Label: "previous match",
		Tooltip: "Go to the previous match of the search."},

	{Action: TraceView, Keys: []string{"v"}, Scope: Trace, Label: "view", Footer: true,
		Tooltip: "Switch between request, response, what each parameter means, and timing of the open exchange."},
	{Action: TraceCopy, Keys: []string{"y"}, Scope: Trace, Label: "copy", Footer: true,
		Tooltip: "Copy the exchange as shown: secrets as fingerprints."},
	{Action: TraceCurl, Keys: []string{"c"}, Scope: Trace, Label: "as curl",
		Tooltip: "Copy the request as a curl command, with a variable in place of each secret."},
	{Action: TraceExport, Keys: []string{"e"}, Scope: Trace, Label: "export", Footer: true,
		Tooltip: "Write every exchange to a HAR file, secrets as fingerprints."},
	{Action: TraceFollow, Keys: []string{"f"}, Scope: Trace, Label: "follow", Footer: true,
		Tooltip: "Keep the newest exchange selected, or stop doing so."},
	{Action: TraceNext, Keys: []string{">", "ctrl+n"}, Scope: Trace, Label: "next match",
		Tooltip: "Go to the next match of the search."},
	{Action: TracePrev, Keys: []string{"<"}, Scope: Trace, Label: "previous match",
		Tooltip: "Go to the previous match of the search."},

	{Action: Open, Keys: []string{"enter"}, Scope: Global, Label: "open", Footer: true, Pane: true,
		Tooltip: "Open, choose or edit what is under the cursor."},
	{Action: NewLogin, Keys: []string{"n"}, Scope: Global, Label: "new", Stores: true, Footer: true,
		Tooltip: "Get tokens: choose a flow, fill it in, run it."},
	{Action: FromAPI, Keys: []string{"N"}, Scope: Global, Label: "start from an API",
		Tooltip: "Get tokens knowing only an API's address, an MCP server's too: it names the issuer of its tokens " +
			"(RFC 9728)."},
	{Action: PasteIn, Keys: []string{"p"}, Scope: Global, Label: "paste a token", Footer: true,
		Tooltip: "Inspect any token. Pasting one anywhere outside a text field does the same."},
	{Action: Filter, Keys: []string{"/"}, Scope: Global, Label: "filter", Footer: true, Pane: true,
		Tooltip: "Filter a list, or search a text."},
	{Action: Palette, Keys: []string{":", "ctrl+p"}, Scope: Global, Label: "commands", Footer: true,
		Tooltip: "Every action of every pane, by name."},
	{Action: Help, Keys: []string{"?", "f1"}, Scope: Global, Label: "help", Footer: true,
		Tooltip: "What you can do here; enter does it."},
	{Action: Up, Keys: []string{"up", "k"}, Scope: Global, Label: "up", Pane: true, Tooltip: "Go up one line."},
	{Action: Down, Keys: []string{"down", "j"}, Scope: Global, Label: "down", Pane: true, Tooltip: "Go down one line."},
	{Action: Left, Keys: []string{"left", "h"}, Scope: Global, Label: "left", Pane: true,
		Tooltip: "Go left: the previous view."},
	{Action: Right, Keys: []string{"right", "l"}, Scope: Global, Label: "right", Pane: true,
		Tooltip: "Go right: the next view."},
	{Action: PageUp, Keys: []string{"pgup", "ctrl+u"}, Scope: Global, Label: "page up", Pane: true,
		Tooltip: "Go up one page."},
	{Action: PageDown, Keys: []string{"pgdown", "ctrl+d"}, Scope: Global, Label: "page down", Pane: true,
		Tooltip: "Go down one page."},
	{Action: Home, Keys: []string{"home", "g"}, Scope: Global, Label: "top", Pane: true,
		Tooltip: "Go to the first line."},
	{Action: End, Keys: []string{"end", "G"}, Scope: Global, Label: "bottom", Pane: true,
		Tooltip: "Go to the last line."},
	{Action: NextPane, Keys: []string{"tab"}, Scope: Global, Label: "next pane",
		Tooltip: "Give the focus to the next pane."},
	{Action: PrevPane, Keys: []string{"shift+tab"}, Scope: Global, Label: "previous pane",
		Tooltip: "Give the focus to the previous pane."},
	{Action: ShowList, Keys: []string{"0"}, Scope: Global, Label: "sessions", Tooltip: "Go to the list of sessions."},
	{Action: Pane1, Keys: []string{"1"}, Scope: Global, Label: "Token",
		Tooltip: "Go to Token: what it is, whose, and whether it is valid."},
	{Action: Pane2, Keys: []string{"2"}, Scope: Global, Label: "Expiry",
		Tooltip: "Go to Expiry: every session's remaining lifetime."},
	{Action: Pane3, Keys: []string{"3"}, Scope: Global, Label: "Calls",
		Tooltip: "Go to Calls: call an API with the selected session's token."},
	{Action: Pane4, Keys: []string{"4"}, Scope: Global, Label: "Flow",
		Tooltip: "Go to Flow: get tokens and watch each step."},
	{Action: Pane5, Keys: []string{"5"}, Scope: Global, Label: "Provider",
		Tooltip: "Go to Provider: metadata and keys."},
	{Action: Pane6, Keys: []string{"6"}, Scope: Global, Label: "Trace",
		Tooltip: "Go to Trace: every exchange with the network, redacted."},
	{Action: Advice, Keys: []string{"!"}, Scope: Global, Label: "what to do",
		Tooltip: "Show the diagnosis of the error in the focused pane, and what you can do about it, each by a key."},
	{Action: Reload, Keys: []string{"f5", "ctrl+r"}, Scope: Global, Label: "read again",
		Tooltip: "Read the list of sessions again; another process may have changed it."},
	{Action: NextTheme, Keys: []string{"T"}, Scope: Global, Label: "theme",
		Tooltip: "Switch to the next theme: dark, light, colour-blind-safe, mono."},
	{Action: Mouse, Keys: []string{"m"}, Scope: Global, Label: "mouse",
		Tooltip: "Turn the mouse on or off; when off, the terminal selects text."},
	{Action: CopyFile, Keys: []string{"F"}, Scope: Global, Label: "copy to a file",
		Tooltip: "Write what was copied last to a file that only you can read, for where there is no clipboard. fob " +
			"removes it."},
	{Action: Back, Keys: []string{"esc"}, Scope: Global, Label: "back",
		Tooltip: "Go back one level. It never quits, and a run goes on."},
	{Action: Cancel, Keys: []string{"ctrl+c"}, Scope: Global, Label: "cancel or quit",
		Tooltip: "Leave a field; else cancel a running flow; else quit."},
	{Action: Suspend, Keys: []string{"ctrl+z"}, Scope: Global, Label: "suspend",
		Tooltip: "Go back to the shell and leave everything as it is; the shell's fg continues."},
	{Action: Quit, Keys: []string{"q"}, Scope: Global, Label: "quit",
		Tooltip: "Quit, while no text field has the focus."},
}
