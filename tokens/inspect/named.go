package inspect

import (
	"encoding/json"
	"slices"
	"strings"

	"fob/tokens"
	"fob/tokens/secretname"
)

// assignment is a name with a value, in the forms in which files, programs and people write it. The name may have two
// words.
var assignment = pattern(`((?:[A-Za-z]{1,30} )?[A-Za-z_][A-Za-z0-9_.-]{0,60})\\{0,3}["'\x60\])]{0,2}\s{0,10}` +
	`(?:=>|->|→|:=|::|==|[:=|])\s{0,10}\\{0,3}["'\x60\[(]{0,3}([^\s"'\x60&,;<>(){}\[\]|]+)`)

// givenTo calls each for the values that a text gives to names.
func givenTo(text string, each func(v secretname.Value)) {
	for _, at := range assignment().FindAllStringSubmatchIndex(text, maxFound) {
		name := text[at[2]:at[3]]
		v := secretname.Value{Name: name, Class: classOf(name), Start: at[4], End: at[5]}
		if first, second, two := strings.Cut(name, " "); two && !secretname.Listed(first+second) {
			v.Name, v.Class = second, classOf(second)
		}
		if end := strings.IndexByte(text[v.Start:v.End], '\\'); end > 0 { // an escape that ends the string
			v.End = v.Start + end
		}
		each(v)
	}
}

// secretsIn are the secrets that a text gives to names, in their order: as a setting, or in a sentence.
func secretsIn(text string) (list []secretname.Value) {
	givenTo(text, func(v secretname.Value) {
		if v.Class == secretname.Secret || v.Class == secretname.Guessable {
			list = append(list, v)
		}
	})
	for _, v := range secretname.InSentences(text) {
		v.Name = strings.Trim(v.Name, "-")
		if v.Class != secretname.Ambiguous && !overlaps(list, v) {
			list = append(list, v)
		}
	}
	for _, at := range word().FindAllStringIndex(text, maxRuns) {
		v := secretname.Value{Name: secretShape(text[at[0]:at[1]]), Class: secretname.Secret, Start: at[0], End: at[1]}
		if v.Name != "" && !overlaps(list, v) {
			list = append(list, v)
		}
	}
	slices.SortStableFunc(list, func(a, b secretname.Value) int { return a.Start - b.Start })
	return list
}

// loneToken is the one word that looks random in a text, or nothing where there are more. What stands behind a piece
// of an escape is no word.
func loneToken(text string) (list []found) {
	for _, at := range word().FindAllStringIndex(text, maxRuns) {
		token := strings.TrimRight(text[at[0]:at[1]], ".:!?")
		if !tokens.LooksUnlikeName(token) {
			continue
		}
		_, encoded := textOfBase64(token)
		inEscape := at[0] > 0 && strings.IndexByte("%\\", text[at[0]-1]) >= 0 || escapeEnd().MatchString(token)
		list = append(list, found{token: token, start: at[0], end: at[0] + len(token)})
		if len(list) > 1 || encoded || inEscape {
			return nil
		}
	}
	return list
}

// escapeEnd is what remains of an escape sequence when its first characters are no characters of a token.
var escapeEnd = pattern(`^[0-9]{1,3}[m~]`)

func overlaps(list []secretname.Value, v secretname.Value) bool {
	return slices.ContainsFunc(list, func(o secretname.Value) bool { return v.Start < o.End && o.Start < v.End })
}

// namedTokens are the opaque tokens in a text: what it calls a token, and what an issuer has marked as its own.
func namedTokens(text string) (list []found) {
	add := func(name string, start, end int) {
		token := strings.TrimRight(text[start:end], ".:!?")
		_, encoded := textOfBase64(token)
		if len(token) < minOpaque || !isToken68(token) || encoded || !secretname.LooksMade(token) ||
			slices.ContainsFunc(list, func(f found) bool { return f.token == token }) {
			return
		}
		list = append(list, found{token: token, name: name, start: start, end: start + len(token)})
	}
	givenTo(text, func(v secretname.Value) {
		if namesToken(v.Name) {
			add(v.Name, v.Start, v.End)
		}
	})
	for _, v := range secretname.InSentences(text) {
		if namesToken(v.Name) {
			add(strings.Trim(v.Name, "-"), v.Start, v.End)
		}
	}
	for _, at := range mentioned().FindAllStringSubmatchIndex(text, maxFound) {
		add("", at[2], at[3])
	}
	for _, at := range word().FindAllStringIndex(text, maxRuns) {
		if secretShape(text[at[0]:at[1]]) != "" {
			add("", at[0], at[1])
		}
	}
	slices.SortStableFunc(list, func(a, b found) int { return a.start - b.start })
	return list
}

// word is what may be an opaque token by the characters in it.
var word = pattern(`[A-Za-z0-9._~+/-]{16,}=*`)

// maxNamed bounds the texts in which opaque tokens and other secrets are looked for by their names, in bytes.
const maxNamed = 128 << 10

// opaqueIn are the opaque tokens of a layer of a text; whole is that the text gives away no other secret.
func opaqueIn(l layer, whole bool) (list []discovery) {
	if len(l.text) > maxNamed || strings.Contains(l.text, "-----BEGIN ") || slices.Contains(l.notes, lineWidth) {
		return nil // what was joined by the width of lines may not belong together
	}
	found := namedTokens(l.text)
	if len(found) == 0 && whole {
		found = loneToken(l.text)
	}
	for _, f := range found {
		list = append(list, discovery{f, l.notes})
	}
	return list
}

// namesToken reports whether a name is that of a token: access_token, _authToken, x-session-jwt.
func namesToken(name string) bool {
	plain := secretname.Plain(name)
	switch secretname.Of(name) {
	case secretname.Secret, secretname.Ambiguous:
		return strings.HasSuffix(plain, "token") || strings.HasSuffix(plain, "jwt")
	}
	return false
}

// ofSecret undoes base64 around the value that was taken out of the data of a Kubernetes Secret.
func (c *cleaner) ofSecret(input string) {
	if !c.named || !kubernetesSecret().MatchString(input) {
		return
	}
	if text, ok := textOfBase64(c.text); ok && isToken68(strings.TrimSpace(text)) {
		c.set(strings.TrimSpace(text), "base64 around it")
	}
}

var kubernetesSecret = pattern(`\bkind["']?\s{0,4}:\s{0,4}["']?Secret\b`)

// tellsOfItself reports whether a text is told of as a whole: it can be a token, or it is JSON or goes through a
// browser in a sign-in.
func tellsOfItself(text string) bool {
	isDocument := (strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[{")) && json.Valid([]byte(text))
	return isDocument || isToken68(text) || isAuthorization(text)
}
