package inspect

import (
	"slices"
	"strings"
)

// fileName is the name of a file, as it stands behind a token that was written into it without a line end.
var fileName = pattern(`^[A-Za-z0-9_-]{0,40}\.(?i:txt|jwt|jws|jwe|tok|token|json|pem|key|env|log|out|tmp|bak|csv|md|` +
	`html?|xml|ya?ml|toml|conf|cfg|ini|sh|ps1|eml|msg|docx?|pdf|rtf|har|b64)$`)

func endsInFileName(text string) bool {
	const longest = 6
	end := text[strings.LastIndexByte(text, '.')+1:]
	return len(end) < longest && fileName().MatchString("."+end)
}

// emphasis are the marks that stand on both sides of a text and are characters of a token too: those of Markdown, and
// what is left of a bracketed paste.
var emphasis = []struct{ before, behind string }{
	{"___", "___"}, {"__", "__"}, {"_", "_"}, {"~~", "~~"}, {"00~", "01~"},
}

// withoutGlue is the token at the beginning of a run that goes on behind it with the name of a file, or with a mark
// that stands before it as well; "" when it does not. The algorithm tells how long the signature is.
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
		behind := run[end:]
		if fileName().MatchString(behind) || slices.ContainsFunc(emphasis,
			func(m struct{ before, behind string }) bool {
				return behind == m.behind && strings.HasSuffix(before, m.before)
			}) {
			return run[:end]
		}
	}
	return ""
}

// lineEnds are the marks that programs write for a line end, as text, at both ends of a text.
var lineEnds = pattern(`^(?:\\{1,2}[rnt])+|(?:\\{1,2}[rnt0]|\^[M@J]|<(?:LF|CR|CRLF|NL|EOL)>|[␊␍↵⏎¶␤$%]|` +
	`&#(?:10|13|x0*[aAdD]);?|%0[AaDd])+$`)
