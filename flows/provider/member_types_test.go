package provider

import (
	"bufio"
	"os"
	"strings"
	"testing"
)

// TestEveryRegisteredMemberIsKnown compares the table with the registry's list of the explanations.
func TestEveryRegisteredMemberIsKnown(t *testing.T) {
	f, err := os.Open("../explain/testdata/registry.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	seen := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		document, list, ok := strings.Cut(strings.TrimPrefix(lines.Text(), "metadata: "), ": ")
		if !strings.HasPrefix(lines.Text(), "metadata: ") || !ok || document == "RFC 9728" { // an API's metadata
			continue
		}
		for _, name := range strings.Fields(list) {
			if seen++; memberTypeOf(name) == "" {
				t.Errorf("%s is not known (defined in %s)", name, document)
			}
		}
	}
	if seen < 80 {
		t.Errorf("the list has %d members, want those of the whole registry", seen)
	}
	if all := allMembers(); len(all) < seen {
		t.Errorf("%d members are known, %d are registered", len(all), seen)
	}
}

func TestMemberTypesAreChecked(t *testing.T) {
	for patch, want := range map[string]string{
		`{"service_documentation":"see the wiki"}`: "service_documentation must be a URL",
		`{"require_pushed_authorization_requests":"false"}`: "require_pushed_authorization_requests must be true or " +
			"false",
		`{"contacts":"admin@a.example"}`:                     "contacts must be a list of strings",
		`{"mtls_endpoint_aliases":[]}`:                       "mtls_endpoint_aliases must be an object",
		`{"signed_metadata":{}}`:                             "signed_metadata must be a string",
		`{"ui_locales_supported":null}`:                      "",
		`{"check_session_iframe":"https://a.example/check"}`: "",
		`{"x_of_its_own":7}`:                                 "",
	} {
		got := Lint(changed(t, patch))
		switch {
		case want == "" && len(got) > 0:
			t.Errorf("%s: got %+v, want nothing", patch, got)
		case want != "" && (len(got) != 1 || got[0].ID != "member-type" || !strings.HasPrefix(got[0].What, want)):
			t.Errorf("%s: got %+v, want %s", patch, got, want)
		}
	}
}

func TestAMisspelledMemberIsReported(t *testing.T) {
	for patch, want := range map[string]string{
		`{"code_challenge_method_supported":["S256"]}`:               "code_challenge_methods_supported",
		`{"frontchannel_logout_suported":true}`:                      "frontchannel_logout_supported",
		`{"acr_value_supported":["a"],"acr_values_supported":["a"]}`: "", // the right one is there as well
		`{"fronthcannel_logout_supported":true}`:                     "frontchannel_logout_supported",
		`{"registration_endpoints":"https://a.example/r"}`:           "registration_endpoint",
		`{"tenant_region_scope":"EU"}`:                               "",
	} {
		m := changed(t, patch)
		if strings.Contains(patch, "code_challenge_method_") {
			delete(m.Raw, "code_challenge_methods_supported")
		}
		got := lintMisspelled(m)
		switch {
		case want == "" && len(got) > 0, want != "" &&
			(len(got) != 1 || !strings.HasSuffix(got[0], "the correct name is "+want)):
			t.Errorf("%s: got %q, want %q", patch, got, want)
		}
	}
}
