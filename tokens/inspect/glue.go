package inspect

import (
	"slices"
	"strings"
)

// fileName is a file name that follows a token without a blank.
var fileName = pattern(`^[A-Za-z0-9_-]{0,40}\.(?i:txt|jwt|jws|jwe|tok|token|json|pem|key|env|log|out|tmp|bak|csv|md|` +
	`html?|xml|ya?ml|toml|conf|cfg|ini|sh|ps1|eml|msg|docx?|pdf|rtf|har|b64)$`)

func endsInFileName(text string) bool {
	const longest = 6
	end := text[strings.LastIndexByte(text, '.')+1:]
	return len(end) < longest && fileName().MatchString("."+end)
}

// emphasis are marks on both sides of a text that are characters of a token too: those of Markdown, and the rest of a
// bracketed paste.
var emphasis = []struct{ before, after string }{
	{"___", "___"}, {"__", "__"}, {"_", "_"}, {"~~", "~~"}, {"00~", "01~"},
}

// withoutGlue returns the token at the beginning of a run that goes on with a file name, or with a mark that is before
// it as well; "" otherwise. The algorithm tells the length of the signature.
func withoutGlue(run, before string) string {
	segments := strings.SplitN(run, ".", 7)
	need, sizes := 3, []int(nil)
	header := headerOf(segments[0])
	if enc, ok := header.String("enc"); ok {
		need, sizes = 5, tagSizes[enc]
	} else if alg, ok := header.String("alg"); ok {
		sizes = signatureSizes[alg]
	}
	if len(segments) < need {
		return ""
	}
	head := strings.Join(segments[:need-1], ".") + "."
	for _, n := range slices.Backward(sizes) {
		end := len(head) + (n*8+5)/6
		if end >= len(run) || badByte(run[len(head):end]) < end-len(head) {
			continue
		}
		after := run[end:]
		if fileName().MatchString(after) || slices.ContainsFunc(emphasis,
			func(m struct{ before, after string }) bool {
				return after == m.after && strings.HasSuffix(before, m.before)
			}) {
			return run[:end]
		}
	}
	return ""
}

// lineEnds are the marks that programs print for a line end, at both ends of a text.
var lineEnds = pattern(`^(?:\\{1,2}[rnt])+|(?:\\{1,2}[rnt0]|\^[M@J]|<(?:LF|CR|CRLF|NL|EOL)>|[␊␍↵⏎¶␤$%]|` +
	`&#(?:10|13|x0*[aAdD]);?|%0[AaDd])+$`)
