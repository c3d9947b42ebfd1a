package pane

import (
	"fob/flows/wire"
	"fob/tokens"
)

// The messages between Token and Calls; they are broadcast.
type (
	// RefusedMsg hands a refused call to the Token pane, which says why the token was refused. Token is the one that was
	// sent where it is no session's; zero: the selected session's access token.
	RefusedMsg struct {
		Exchange wire.Exchange
		Token    tokens.Secret
	}
	// CallWithMsg has the Calls pane use a token that is no session's for the next call. Name says which: "made here".
	CallWithMsg struct {
		Token tokens.Secret
		Name  string
	}
)
