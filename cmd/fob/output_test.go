package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"fob/tokens"
)

// JSON from a server cannot move, colour or hide text on the terminal through --json; its values stay the same.
func TestJSONIsSafeForATerminal(t *testing.T) {
	said := map[string]string{"issuer": "https://a.example/\u009b31m\u202e\U000e0041\u200b" +
		strings.Repeat("\u0301", 30)}
	var out bytes.Buffer
	if err := (&app{stdout: &out}).printJSON(said); err != nil {
		t.Fatal(err)
	}
	line := strings.TrimSuffix(out.String(), "\n")
	if tokens.VisibleLine(line) != line {
		t.Errorf("got %q, want nothing that a terminal obeys", line)
	}
	var back map[string]string
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back["issuer"] != said["issuer"] {
		t.Errorf("got %q, %v, want %q", back, err, said)
	}
}
