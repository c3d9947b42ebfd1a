package wire

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

var discard = log.New(io.Discard, "", 0)

func TestAHARHoldsWhatTheFormatRequires(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"CANARY-access-token-0123456789","a":"<&>"}`)
	})
	c, rec := client(t, Options{})
	mustDo(t, c, &Request{Purpose: "token endpoint", Method: "POST", URL: s.URL + "/t?a=b%20c&d=",
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		Body:   []byte("grant_type=refresh_token&refresh_token=CANARY-refresh-token-0123456789")})
	s.Close()
	c.Close()
	_, _ = c.Do(t.Context(), &Request{URL: s.URL})

	var out bytes.Buffer
	if err := WriteHAR(&out, rec.Exchanges()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "CANARY") {
		t.Errorf("the archive holds a secret: %s", out.String())
	}
	var doc struct {
		Log struct {
			Version string
			Creator map[string]string
			Entries []map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Log.Version != "1.2" || doc.Log.Creator["name"] != "fob" || doc.Log.Creator["version"] == "" ||
		len(doc.Log.Entries) != 2 {
		t.Fatalf("got %+v", doc.Log)
	}
	for i, e := range doc.Log.Entries {
		requireMembers(t, i, "entry", e, "startedDateTime time request response cache timings")
		for part, names := range map[string]string{
			"request":  "method url httpVersion cookies headers queryString headersSize bodySize",
			"response": "status statusText httpVersion cookies headers content redirectURL headersSize bodySize",
			"timings":  "send wait receive",
		} {
			var members map[string]json.RawMessage
			_ = json.Unmarshal(e[part], &members)
			requireMembers(t, i, part, members, names)
			if part == "response" {
				var content map[string]json.RawMessage
				_ = json.Unmarshal(members["content"], &content)
				requireMembers(t, i, "content", content, "size mimeType")
			}
		}
	}
	var request struct {
		QueryString []harPair
		PostData    struct {
			MimeType string
			Params   []harPair
		}
	}
	_ = json.Unmarshal(doc.Log.Entries[0]["request"], &request)
	if want := []harPair{{"a", "b c"}, {"d", ""}}; !reflect.DeepEqual(request.QueryString, want) {
		t.Errorf("query: got %v, want %v", request.QueryString, want)
	}
	if p := request.PostData; p.MimeType != "application/x-www-form-urlencoded" || len(p.Params) != 2 ||
		p.Params[0] != (harPair{"grant_type", "refresh_token"}) || !strings.HasPrefix(p.Params[1].Value, "sha256:") {
		t.Errorf("postData: got %+v", p)
	}
	if !strings.Contains(string(doc.Log.Entries[1]["_error"]), "no connection") {
		t.Errorf("the failed exchange must say why; got %s", doc.Log.Entries[1]["_error"])
	}
}

func TestAnEmptyHARIsAnArchiveToo(t *testing.T) {
	var out bytes.Buffer
	if err := WriteHAR(&out, nil); err != nil || !strings.Contains(out.String(), `"entries": []`) {
		t.Errorf("got %s, %v", out.String(), err)
	}
}

func requireMembers(t *testing.T, i int, part string, members map[string]json.RawMessage, names string) {
	t.Helper()
	for _, name := range strings.Fields(names) {
		if raw, ok := members[name]; !ok || string(raw) == "null" {
			t.Errorf("entry %d: %s lacks %s", i, part, name)
		}
	}
}
