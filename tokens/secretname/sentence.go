package secretname

import "strings"

// Value is a secret in a text: its name there, and where it is.
type Value struct {
	Name       string
	Class      Class
	Start, End int
}

// Bounds of what is searched before a value, in bytes and words.
const (
	maxBefore = 80
	maxWords  = 6
	minAlone  = 20 // length of a value that follows its name without a verb or a mark
)

// fillers are the words that may be between a name and its value in a sentence.
const fillers = " is was are be equals provided given received sent used value of the a this as following "

// InSentences finds the secrets that a sentence names: "my client secret is Xy7k…", "Incorrect API key provided: sk-…",
// "invalid refresh token Xy7k…". They must look generated: a word of a sentence is not a secret.
func InSentences(text string) (list []Value) {
	for i := 0; i < len(text); {
		if isDelimiter(text[i]) {
			i++
			continue
		}
		start := i
		for i < len(text) && !isDelimiter(text[i]) {
			i++
		}
		end := start + len(strings.TrimRight(text[start:i], ".:!?"))
		if !LooksGenerated(text[start:end]) || !hasDigit(text[start:end]) {
			continue
		}
		if name, class, apart := nameInSentence(text[max(0, start-maxBefore):start]); class != Open {
			if alone := isOpaque(text[start:end]); apart && class != Ambiguous || alone {
				list = append(list, Value{name, class, start, end})
			}
		}
	}
	return list
}

// nameInSentence returns the name of a secret at the end of a text. apart reports whether a verb or a mark follows it.
func nameInSentence(text string) (name string, class Class, apart bool) {
	later := ""
	for range maxWords {
		text = withoutTag(text)
		gap := strings.TrimRight(text, " \t\r\n\"'`(<[:=>-")
		apart = apart || strings.ContainsAny(text[len(gap):], ":=>")
		at := len(gap)
		for at > 0 && isNameByte(gap[at-1]) {
			at--
		}
		word := gap[at:]
		if word == "" {
			break
		}
		text = gap[:at]
		if later != "" {
			if c := Of(word + later); Listed(word+later) || c != Of(later) && c != Open {
				return word + " " + later, c, apart
			}
			break
		}
		if strings.Contains(fillers, " "+strings.ToLower(word)+" ") {
			apart = true
			continue
		}
		later = word
		if !strings.HasSuffix(text, " ") {
			break
		}
	}
	if c := Of(later); c != InQuery {
		return later, c, apart
	}
	return "", Open, apart
}

// withoutTag removes an HTML tag from the end of a text.
func withoutTag(text string) string {
	const longest = 40
	if at := strings.LastIndexByte(text, '<'); strings.HasSuffix(text, ">") && at >= 0 && at+longest > len(text) {
		return text[:at]
	}
	return text
}

// isOpaque reports whether a text has only the characters of a token, and is longer than words are.
func isOpaque(text string) bool {
	for i := 0; i < len(text); i++ {
		if c := text[i]; !isNameByte(c) && (c < '0' || c > '9') && strings.IndexByte("+/=.~", c) < 0 {
			return false
		}
	}
	return len(text) >= minAlone
}

func isNameByte(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '-' }

func isDelimiter(c byte) bool { return strings.IndexByte(" \t\r\n\"'`<>()[]{},;&", c) >= 0 }

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }
