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

func TestARefreshTokenThatWasReplacedByWhatCannotBeReadIsDead(t *testing.T) {
	for body, dead := range map[string]bool{
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
		if got := rec.Meta.RefreshInvalid; (got != nil) != dead || dead &&
			!strings.Contains(got.Reason, "cannot be read") {
			t.Errorf("%s: got %+v, want it dead: %t", body, got, dead)
		}
	}
}

func TestAnErrorBesideTokensLeavesOpenWhatWasSpent(t *testing.T) {
	for withTokens, want := range map[bool]bool{false: true, true: false} {
		err := fmt.Errorf("refreshing: %w", &flows.OAuthError{Code: "invalid_scope", Status: 200,
			WithTokens: withTokens})
		if got := isUnused(err); got != want {
			t.Errorf("with tokens beside the error %t: got not taken %t, want %t", withTokens, got, want)
		}
	}
	if isUnused(errors.New("anything else")) {
		t.Error("an error that says nothing was taken for a refusal")
	}
}
