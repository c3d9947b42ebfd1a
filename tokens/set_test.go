package tokens

import (
	"errors"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func TestParseSetReadsWhatServersReallySend(t *testing.T) {
	for _, c := range []struct {
		name, body string
		check      func(Set) bool
	}{
		{"RFC 6749 5.1 example", `{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"example","expires_in":3600,` +
			`"refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA","example_parameter":"example_value"}`,
			func(s Set) bool {
				return s.AccessToken.Reveal() == "2YotnFZFEjr1zCsicMWpAA" && s.TokenType == "example" &&
					s.ExpiresAt.Equal(noon.Add(time.Hour)) &&
					s.RefreshToken.Reveal() == "tGzv3JOkF0XG5Qx2TlKWIA" &&
					string(s.Extra["example_parameter"]) == `"example_value"`
			}},
		{"expires_in as a string", `{"access_token":"a","expires_in":"120"}`,
			func(s Set) bool { return s.ExpiresAt.Equal(noon.Add(2 * time.Minute)) }},
		{"expires_in as a fraction", `{"access_token":"a","expires_in":1.5}`,
			func(s Set) bool { return s.ExpiresAt.Equal(noon.Add(1500 * time.Millisecond)) }},
		{"expires_in null", `{"access_token":"a","expires_in":null}`, func(s Set) bool { return s.ExpiresAt.IsZero() }},
		{"expires_in absent", `{"access_token":"a"}`, func(s Set) bool { return s.ExpiresAt.IsZero() }},
		{"expires_in beyond reason is bounded", `{"access_token":"a","expires_in":1e300}`,
			func(s Set) bool { return s.ExpiresAt.Equal(noon.Add(MaxLifetime)) }},
		{"expires_in negative is over", `{"access_token":"a","expires_in":-5}`,
			func(s Set) bool { return Expiry(s.ExpiresAt, noon) == Expired }},
		{"refresh_expires_in is kept and counted", `{"access_token":"a","refresh_token":"r","refresh_expires_in":1800}`,
			func(s Set) bool {
				return s.RefreshExpires.Equal(noon.Add(30*time.Minute)) &&
					string(s.Extra["refresh_expires_in"]) == "1800"
			}},
		{"refresh_expires_in 0 means it does not expire",
			`{"access_token":"a","refresh_token":"r","refresh_expires_in":0}`,
			func(s Set) bool { return s.RefreshExpires.IsZero() }},
		{"scope as an array", `{"access_token":"a","scope":["x","y"]}`, func(s Set) bool { return s.Scope == "x y" }},
		{"escape sequences in token_type are shown, not run", `{"access_token":"a","token_type":"\u001b[31mBearer"}`,
			func(s Set) bool { return s.TokenType == "␛[31mBearer" }},
	} {
		s, err := ParseSet([]byte(c.body), noon)
		if err != nil || !c.check(s) {
			t.Errorf("%s: got %+v, %v", c.name, s, err)
		}
	}
}

func TestParseSetSaysWhichMemberIsWrong(t *testing.T) {
	for body, want := range map[string]string{
		`[]`:                      "not a JSON object",
		`{"access_token":7}`:      "access_token: expected a string, received a number",
		`{"access_token":""}`:     ErrNoToken.Error(),
		`{"token_type":"bearer"}`: ErrNoToken.Error(),
	} {
		if _, err := ParseSet([]byte(body), noon); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseSet(%s): got error %v, want one with %q", body, err, want)
		}
	}
	if _, err := ParseSet([]byte(`{}`), noon); !errors.Is(err, ErrNoToken) {
		t.Errorf("got %v, want ErrNoToken", err)
	}
}

// A response with an access token is never thrown away for another member: what it may hold besides exists nowhere
// else.
func TestParseSetSaysWhatIsOddAndKeepsTheRest(t *testing.T) {
	hour := noon.Add(time.Hour)
	for _, c := range []struct {
		members string
		odd     string // of which member; "" for none
		expires time.Time
	}{
		{`"expires_in":3600`, "", hour},
		{`"expires_in":null`, "", time.Time{}},
		{`"expires_in":"3600"`, "expires_in", hour},
		{`"expires_in":{}`, "expires_in", time.Time{}},
		{`"expires_in":"1h"`, "expires_in", time.Time{}},
		{`"expires_in":true`, "expires_in", time.Time{}},
		{`"expires_in":""`, "expires_in", time.Time{}},
		{`"expires_in":"Infinity"`, "expires_in", time.Time{}},
		{`"expires_in":"0x10"`, "expires_in", time.Time{}},
		{`"expires_in":"2026-12-24T12:00:00Z"`, "expires_in", time.Time{}},
		{`"expires_in":-5`, "expires_in", noon},
		{`"expires_in":1e30`, "expires_in", noon.Add(MaxLifetime)},
		{`"expires":3600`, "expires_in", hour},
		{`"expires_at":1795266000`, "expires_in", time.Unix(1795266000, 0)},
		{`"expires_at":1795266000000`, "expires_in", time.Unix(1795266000, 0)},
		{`"expires_at":"2026-11-21T13:00:00Z"`, "expires_in", hour},
		{`"expires_on":"1795266000"`, "expires_in", time.Unix(1795266000, 0)},
		{`".expires":"Sat, 21 Nov 2026 13:00:00 GMT"`, "expires_in", hour},
		{`"expires_at":"soon"`, "", time.Time{}},
		{`"expires_at":99999999999999`, "", time.Time{}},
		{`"expires_at":-1`, "", time.Time{}},
		{`"expires_in":60,"expires_at":1795266000`, "", noon.Add(time.Minute)},
		{`"refresh_expires_in":"never","expires_in":3600`, "refresh_expires_in", hour},
		{`"scope":["a","b"],"expires_in":3600`, "scope", hour},
		{`"scope":7,"expires_in":3600`, "scope", hour},
		{`"token_type":["Bearer"],"expires_in":3600`, "token_type", hour},
		{`"id_token":{"alg":"none"},"expires_in":3600`, "id_token", hour},
	} {
		s, err := ParseSet([]byte(`{"access_token":"a","refresh_token":"r",`+c.members+`}`), noon)
		if err != nil || s.AccessToken.Reveal() != "a" || s.RefreshToken.Reveal() != "r" ||
			!s.ExpiresAt.Equal(c.expires) {
			t.Errorf("%s: got %+v, %v; want both tokens and the expiry %v", c.members, s, err, c.expires)
		}
		switch {
		case c.odd == "" && len(s.Warnings) > 0:
			t.Errorf("%s: got the oddities %+v, want none", c.members, s.Warnings)
		case c.odd != "" && (len(s.Warnings) != 1 || s.Warnings[0].Member != c.odd || s.Warnings[0].Because == ""):
			t.Errorf("%s: got the oddities %+v, want one of %s", c.members, s.Warnings, c.odd)
		}
	}
	if s, _ := ParseSet([]byte(`{"access_token":"a","id_token":{"x":"canary"}}`), noon); len(s.Warnings) != 1 ||
		strings.Contains(s.Warnings[0].Received, "canary") {
		t.Errorf("got %+v, want the kind of the value and not the value", s.Warnings)
	}
}

// A refresh answer without a refresh token, id_token or scope means: keep the old one.
func TestMergeKeepsWhatTheAnswerDoesNotRepeat(t *testing.T) {
	old, _ := ParseSet([]byte(`{"access_token":"a1","refresh_token":"r1","id_token":"i1","scope":"x y",`+
		`"token_type":"Bearer","refresh_expires_in":60,"tenant":"t"}`), noon)
	fresh, _ := ParseSet([]byte(`{"access_token":"a2","expires_in":60}`), noon.Add(time.Minute))
	m := old.Merge(fresh)
	if m.AccessToken.Reveal() != "a2" || m.RefreshToken.Reveal() != "r1" || m.IDToken.Reveal() != "i1" ||
		m.Scope != "x y" || m.TokenType != "Bearer" ||
		!m.RefreshExpires.Equal(old.RefreshExpires) || string(m.Extra["tenant"]) != `"t"` ||
		!m.ExpiresAt.Equal(noon.Add(2*time.Minute)) {
		t.Errorf("got %+v", m)
	}
	rotated, _ := ParseSet([]byte(`{"access_token":"a3","refresh_token":"r2"}`), noon)
	if m := old.Merge(rotated); m.RefreshToken.Reveal() != "r2" || !m.RefreshExpires.IsZero() || !m.ExpiresAt.IsZero() {
		t.Errorf("a new refresh token must bring its own expiry: got %+v", m)
	}
}

func TestKindsAndTokenAgree(t *testing.T) {
	s := Set{AccessToken: NewSecret("a"), RefreshToken: NewSecret("r")}
	if got := s.Kinds(); len(got) != 2 || got[0] != Access || got[1] != Refresh {
		t.Errorf("Kinds() = %v, want access and refresh", got)
	}
	for text, want := range map[string]Kind{"access": Access, "id_token": ID, "Refresh": Refresh} {
		if k, err := ParseKind(text); err != nil || k != want {
			t.Errorf("ParseKind(%q) = %v, %v; want %v", text, k, err, want)
		}
	}
	if _, err := ParseKind("x\x1b"); err == nil || strings.Contains(err.Error(), "\x1b") {
		t.Errorf("ParseKind of rubbish: %v", err)
	}
}

func FuzzParseSet(f *testing.F) {
	f.Add([]byte(`{"access_token":"a","expires_in":"1","scope":["a"]}`))
	f.Add([]byte(`{"access_token":"a","expires_in":-1e9,"refresh_expires_in":"x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := ParseSet(body, noon)
		if err == nil && s.AccessToken.IsZero() {
			t.Error("a set without an access token was accepted")
		}
		if s.ExpiresAt.After(noon.Add(MaxLifetime)) {
			t.Error("expires_in is not bounded")
		}
	})
}
