package flows

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseParams(t *testing.T) {
	for _, c := range []struct {
		list []string
		want Params
	}{
		{nil, Params{}},
		{[]string{"token.a=b=c", "token.a="}, Params{"token": {"a": {"b=c", ""}}}},
		{[]string{"token.a"}, Params{"token": {"a": {}}}},
		{[]string{"-token.a", "authorization.b.c=d"}, Params{"token": {"a": {}}, "authorization": {"b.c": {"d"}}}},
		{[]string{"token.a=b", "token.a"}, Params{"token": {"a": {}}}},
		{[]string{"token.a", "token.a=b"}, Params{"token": {"a": {"b"}}}},
	} {
		if got, err := ParseParams(c.list); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: got %v and %v, want %v", c.list, got, err, c.want)
		}
	}
	for _, text := range []string{"", "token", "token.", "token.=CANARY", "audience=CANARY", "nowhere.a=CANARY",
		"-token.a=CANARY", "-"} {
		if got, err := ParseParams([]string{text}); err == nil || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%q: got %v and %v, want an error without the value", text, got, err)
		}
	}
}
