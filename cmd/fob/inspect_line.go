package main

import (
	"encoding/json"
	"fmt"

	"fob/tokens/inspect"
	"fob/tokens/jose"
)

// batchLine is a line of --batch that is an object: a token with a key of its own. A JWS in JSON form is an object too,
// and has no member "token".
type batchLine struct {
	Token *string         `json:"token"`
	Key   json.RawMessage `json:"key"` // a JWK, a key set, or a string: PEM or a shared secret
}

// inspectLine makes the report of one line: a token, or an object with a token and what it is judged by.
func inspectLine(line []byte, o inspect.Options) *inspect.Report {
	if len(line) > maxBatchLine {
		return broken(fmt.Sprintf("the line is longer than %d bytes", maxBatchLine), maxBatchLine)
	}
	var item batchLine
	if line[0] != '{' || json.Unmarshal(line, &item) != nil || item.Token == nil {
		return inspect.Inspect(string(line), o)
	}
	if len(item.Key) > 0 && string(item.Key) != "null" {
		keys, err := lineKeys(item.Key)
		if err != nil {
			o.Keys, o.NoKeys = jose.NewKeySet(), "the line's key cannot be used: "+err.Error()
		} else {
			o.Keys, o.NoKeys = keys, ""
		}
	}
	return inspect.Inspect(*item.Token, o)
}

// lineKeys reads the key of a line. A string that is no PEM is a shared secret as it stands.
func lineKeys(raw json.RawMessage) (jose.KeySet, error) {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return jose.ParseKeys(raw)
	}
	keys, err := jose.ParseKeys([]byte(text))
	if err != nil {
		return jose.NewKeySet(jose.SecretKey([]byte(text))), nil //nolint:nilerr // not a key document: a secret
	}
	return keys, nil
}

func broken(message string, offset int) *inspect.Report {
	return &inspect.Report{Err: &inspect.DecodeError{Message: message, Offset: offset}}
}
