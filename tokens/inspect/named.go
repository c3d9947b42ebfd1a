package inspect

import (
	"encoding/json"
	"slices"
	"strings"

	"fob/tokens"
	"fob/tokens/secretname"
)

// assignment is a name with a value, as files, programs and people write it. The name may have two words.
var assignment = pattern(`((?:[A-Za-z]{1,30} )?[A-Za-z_][A-Za-z0-9_.-]{0,60})\\{0,3}["'\x60\])]{0,2}\s{0,10}` +
	`(?:=>|->|→|:=|::|==|[:=|])\s{0,10}\\{0,3}["'\x60\[(]{0,3}([^\s"'\x60&,;<>(){}\[\]|]+)`)

// eachAssignment calls each for the named values in a text.
func eachAssignment(text string, each func(v secretname.Value)) {
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

// secretsIn returns the named secrets in a text in their order: assigned, or in a sentence; and words with an issuer's
// mark.
func secretsIn(text string) (list []secretname.Value) {
	eachAssignment(text, func(v secretname.Value) {
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

// loneToken returns the word that looks random in a text, or nothing if there are several. The rest of an escape
// sequence is not a word.
func loneToken(text string) (list []match) {
	for _, at := range word().FindAllStringIndex(text, maxRuns) {
		token := strings.TrimRight(text[at[0]:at[1]], ".:!?")
		if !tokens.LooksUnlikeName(token) {
			continue
		}
		_, encoded := textOfBase64(token)
		inEscape := at[0] > 0 && strings.IndexByte("%\\", text[at[0]-1]) >= 0 || escapeEnd().MatchString(token)
		list = append(list, match{token: token, start: at[0], end: at[0] + len(token)})
		if len(list) > 1 || encoded || inEscape {
			return nil
		}
	}
	return list
}

// escapeEnd is the rest of an escape sequence after characters that no token has.
var escapeEnd = pattern(`^[0-9]{1,3}[m~]`)

func overlaps(list []secretname.Value, v secretname.Value) bool {
	return slices.ContainsFunc(list, func(o secretname.Value) bool { return v.Start < o.End && o.Start < v.End })
}

// namedTokens returns the opaque tokens in a text: what the text calls a token, and what has an issuer's mark.
func namedTokens(text string) (list []match) {
	add := func(name string, start, end int) {
		token := strings.TrimRight(text[start:end], ".:!?")
		_, encoded := textOfBase64(token)
		if len(token) < minOpaque || !isToken68(token) || encoded || !secretname.LooksGenerated(token) ||
			slices.ContainsFunc(list, func(f match) bool { return f.token == token }) {
			return
		}
		list = append(list, match{token: token, name: name, start: start, end: start + len(token)})
	}
	eachAssignment(text, func(v secretname.Value) {
		if isNameOfToken(v.Name) {
			add(v.Name, v.Start, v.End)
		}
	})
	for _, v := range secretname.InSentences(text) {
		if isNameOfToken(v.Name) {
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
	slices.SortStableFunc(list, func(a, b match) int { return a.start - b.start })
	return list
}

// word may be an opaque token by its characters.
var word = pattern(`[A-Za-z0-9._~+/-]{16,}=*`)

// maxNamed bounds the texts that are searched for opaque tokens and secrets by their names, in bytes.
const maxNamed = 128 << 10

// opaqueIn returns the opaque tokens in a layer of a text. If noSecrets, a lone random word is one as well.
func opaqueIn(l layer, noSecrets bool) (list []candidate) {
	if len(l.text) > maxNamed || strings.Contains(l.text, "-----BEGIN ") || slices.Contains(l.notes, lineWidth) {
		return nil // lines that were joined by their width may not belong together
	}
	found := namedTokens(l.text)
	if len(found) == 0 && noSecrets {
		found = loneToken(l.text)
	}
	for _, f := range found {
		list = append(list, candidate{f, l.notes})
	}
	return list
}

// isNameOfToken reports whether a name is that of a token: access_token, _authToken, x-session-jwt.
func isNameOfToken(name string) bool {
	plain := secretname.Plain(name)
	switch secretname.Of(name) {
	case secretname.Secret, secretname.Ambiguous:
		return strings.HasSuffix(plain, "token") || strings.HasSuffix(plain, "jwt")
	}
	return false
}

// decodeSecretData decodes the base64 around a value from the data of a Kubernetes Secret.
func (c *cleaner) decodeSecretData(input string) {
	if !c.named || !kubernetesSecret().MatchString(input) {
		return
	}
	if text, ok := textOfBase64(c.text); ok && isToken68(strings.TrimSpace(text)) {
		c.set(strings.TrimSpace(text), "base64 around it")
	}
}

var kubernetesSecret = pattern(`\bkind["']?\s{0,4}:\s{0,4}["']?Secret\b`)

// isDescribedWhole reports whether a text is described as it is: it may be a token, it is JSON, or it is an
// authorization request or response.
func isDescribedWhole(text string) bool {
	isDocument := (strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[{")) && json.Valid([]byte(text))
	return isDocument || isToken68(text) || isAuthorization(text)
}
