package session

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"fob/flows"
	"fob/tokens"
	"fob/tokens/vault"
)

func TestARefreshTokenReplacedByAnUnreadableOneIsInvalid(t *testing.T) {
	for body, invalid := range map[string]bool{
		`{"access_token":"a","refresh_token":["r2"]}`:     true,
		`{"access_token":"a","refresh_token":{"v":"r2"}}`: true,
		`{"access_token":"a","refresh_token":"r2"}`:       false,
		`{"access_token":"a","refresh_token":null}`:       false,
		`{"access_token":"a"}`:                            false,
	} {
		answer, err := tokens.ParseSet([]byte(body), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		old := tokens.Set{AccessToken: tokens.NewSecret("a1"), RefreshToken: tokens.NewSecret("r1")}
		rec := withNewSet(vault.Record{}, &flows.Run{}, old.Merge(answer))
		if got := rec.Meta.RefreshInvalid; (got != nil) != invalid || invalid &&
			!strings.Contains(got.Reason, "cannot be read") {
			t.Errorf("%s: got %+v, want it invalid: %t", body, got, invalid)
		}
	}
}

func TestAnErrorWithTokensProvesNothingUnused(t *testing.T) {
	for withTokens, want := range map[bool]bool{false: true, true: false} {
		err := fmt.Errorf("refreshing: %w", &flows.OAuthError{Code: "invalid_scope", Status: 200,
			WithTokens: withTokens})
		if got := provesUnused(err); got != want {
			t.Errorf("with tokens in the error response %t: got unused %t, want %t", withTokens, got, want)
		}
	}
	if provesUnused(errors.New("anything else")) {
		t.Error("an error that says nothing was taken for a refusal")
	}
}
