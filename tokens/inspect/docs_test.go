package inspect

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"regexp"
	"sort"
	"strings"
	"testing"
	"time"

	"fob/tokens/jose"
)

// samples are tokens that between them fill every member of a report.
func samples(t *testing.T) []*Report {
	t.Helper()
	sd, issuer, _ := presented(t)
	short := jose.SecretKey([]byte("k9k9k9k9k9"))
	weak, err := jose.Sign([]byte(`{"iss":"a","exp":"1700000290"}`), jose.Header{"alg": "HS256"}, short)
	if err != nil {
		t.Fatal(err)
	}
	kw, err := jose.Generate("A256KW", "e")
	if err != nil {
		t.Fatal(err)
	}
	inner, keys := signed(t, `{`+fine+inTime+`}`, nil)
	outer, err := jose.Encrypt([]byte(inner), jose.Header{"kid": "other"}, kw)
	if err != nil {
		t.Fatal(err)
	}
	cert := certificate(t, "leaf", newECKey(t), nil, nil)
	shown := base64.StdEncoding.EncodeToString(cert.Raw)
	chain, chainKeys := signed(t, `{}`, jose.Header{"x5c": []string{shown, shown, "AAAA"}})
	unprotected := `{"payload":"e30","protected":"` + seg(`{"alg":"ES256"}`) +
		`","header":{"kid":"x"},"signature":"AAAA"}`
	return []*Report{
		Inspect("Bearer "+weak, Options{Now: now, Keys: jose.NewKeySet(short)}),
		Inspect(sd, Options{Now: now, Keys: issuer}),
		Inspect(sd+"!!~", Options{Now: now, Keys: issuer}),
		Inspect(sd+jwt(`{"alg":"ES256","typ":"kb+jwt"}`, `{"sd_hash":"x"}`), Options{Now: now, Keys: issuer}),
		Inspect(outer, Options{Now: now, Keys: jose.NewKeySet(append(keys.Keys(), kw)...)}),
		Inspect(chain, Options{Now: now, Keys: chainKeys, KeysRead: now.Add(-time.Hour)}),
		Inspect(unprotected, Options{Now: now}),
		Inspect("gh"+"p_"+strings.Repeat("aB3d", 9), Options{Now: now}),
		Inspect(inner[:30], Options{Now: now}),
		Inspect(jwt(`{"alg":"ES256","typ":"at+jwt"}`, `{"email":"a@b.example","exp":1700009000}`), Options{Now: now}),
		Inspect("access_token="+plainToken+"\nid_token="+inner, Options{Now: now}),
	}
}

// paths collects the names of all members, below those that hold the token's own.
func paths(v any, at string, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for name, child := range v {
			path := strings.TrimPrefix(at+"."+name, ".")
			if at == "times" {
				path = "times.*"
			} else {
				into[path] = true
			}
			switch path {
			case "header", "payload", "unprotected_header", "nested", "disclosures[].value":
				continue
			}
			paths(child, path, into)
		}
	case []any:
		for _, child := range v {
			paths(child, at+"[]", into)
		}
	}
}

func TestTheDocumentNamesEveryMember(t *testing.T) {
	made := map[string]bool{}
	for _, r := range samples(t) {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatal(err)
		}
		paths(v, "", made)
	}
	text, err := os.ReadFile("../../docs/inspect-json.md")
	if err != nil {
		t.Fatal(err)
	}
	_, object, _ := strings.Cut(string(text), "## The object")
	named := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(object, -1) {
		named[m[1]] = true
	}
	missing := func(have, from map[string]bool) (list []string) {
		for name := range have {
			if !from[name] {
				list = append(list, name)
			}
		}
		sort.Strings(list)
		return list
	}
	if got := missing(made, named); len(got) > 0 {
		t.Errorf("docs/inspect-json.md does not name %q", got)
	}
	if got := missing(named, made); len(got) > 0 {
		t.Errorf("docs/inspect-json.md names %q, which no report has", got)
	}
	for kind := range kindNames {
		if !strings.Contains(object, "`"+string(kind)+"`") {
			t.Errorf("docs/inspect-json.md does not name the kind %s", kind)
		}
	}
	_, line, _ := strings.Cut(string(text), "## A line of")
	for _, name := range []string{"token", "key", "alg", "detached", "password"} {
		if !strings.Contains(line, "| `"+name+"` |") {
			t.Errorf("docs/inspect-json.md does not name %s of a line", name)
		}
	}
}
