package inspect

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/jose/ordered"
)

// Time is one time of a token in the ways a person reads it.
type Time struct {
	Claim    string    `json:"claim"`
	At       time.Time `json:"at"`
	Local    string    `json:"local"`    // in Options.Location, with its zone
	UTC      string    `json:"utc"`      // RFC 3339
	Relative string    `json:"relative"` // as of Options.Now: "in 4m", "2m ago"
	Note     string    `json:"note,omitempty"`
}

// timeClaims are the claims with a NumericDate.
var timeClaims = map[string]bool{
	"exp": true, "nbf": true, "iat": true, "auth_time": true, "updated_at": true, "toe": true, "rexp": true,
	"xms_tcdt":           true,
	"c_nonce_expires_at": true, "pwd_exp": true,
}

// parsedTime is a claim that was parsed as a time.
type parsedTime struct {
	at     time.Time
	millis bool // written in milliseconds
	text   bool // written as a string
}

// readTime parses a NumericDate, and the two common mistakes: milliseconds, and a string.
func readTime(raw json.RawMessage) (parsedTime, bool) {
	var r parsedTime
	number := string(raw)
	if s, ok := ordered.Text(raw); ok {
		r.text, number = true, strings.TrimSpace(s)
		if at, err := time.Parse(time.RFC3339, number); err == nil {
			r.at = at.UTC()
			return r, true
		}
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return r, false
	}
	// 1e11 seconds is the year 5138; in milliseconds it is 1973. No token has the former.
	if f > 1e11 && f < 1e14 {
		r.millis = true
		r.at = time.UnixMilli(int64(f)).UTC()
		return r, true
	}
	at, ok := ordered.NumericDate(number)
	r.at = at
	return r, ok
}

func (r parsedTime) note() string {
	switch {
	case r.millis && r.text:
		return "a string, and in milliseconds: a NumericDate is a number of seconds"
	case r.millis:
		return "in milliseconds: a NumericDate is in seconds"
	case r.text:
		return "a string: a NumericDate is a number"
	}
	return ""
}

// localLayout shows the day, the second and the zone.
const localLayout = "2 Jan 2006 15:04:05 MST"

// timesOf lists the times of a payload in its order.
func timesOf(payload *Object, o Options) (list []Time) {
	if payload == nil {
		return nil
	}
	for _, m := range payload.Members {
		if !timeClaims[m.Name] {
			continue
		}
		r, ok := readTime(m.Raw)
		if !ok {
			continue
		}
		list = append(list, Time{
			Claim: m.Name, At: r.at, Note: r.note(),
			Local:    r.at.In(o.Location).Format(localLayout),
			UTC:      r.at.Format(time.RFC3339),
			Relative: tokens.Relative(r.at, o.Now),
		})
	}
	return list
}

// timeOf returns one time of a payload.
func timeOf(payload *Object, claim string) (parsedTime, bool) {
	raw, ok := payload.Raw(claim)
	if !ok {
		return parsedTime{}, false
	}
	return readTime(raw)
}
