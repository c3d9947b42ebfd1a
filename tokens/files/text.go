package files

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// Text returns the content of a text file as UTF-8 without a byte-order mark. Windows editors and PowerShell write the
// mark, and UTF-16 with or without one. Other content is returned unchanged.
func Text(data []byte) []byte {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return data[3:]
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		return fromUTF16(data[2:], binary.LittleEndian, data)
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return fromUTF16(data[2:], binary.BigEndian, data)
	case everySecondIsZero(data, 1):
		return fromUTF16(data, binary.LittleEndian, data)
	case everySecondIsZero(data, 0):
		return fromUTF16(data, binary.BigEndian, data)
	}
	return data
}

// everySecondIsZero reports whether exactly every second byte, from index first on, is zero, as in ASCII text in
// UTF-16.
func everySecondIsZero(data []byte, first int) bool {
	if len(data) < 4 || len(data)%2 != 0 {
		return false
	}
	for i, c := range data {
		if (c == 0) != (i%2 == first) {
			return false
		}
	}
	return true
}

// fromUTF16 decodes text; it returns otherwise if the text is not valid UTF-16.
func fromUTF16(text []byte, order binary.ByteOrder, otherwise []byte) []byte {
	if len(text)%2 != 0 {
		return otherwise
	}
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = order.Uint16(text[2*i:])
	}
	out := make([]byte, 0, len(text))
	for _, r := range utf16.Decode(units) {
		if r == utf8.RuneError {
			return otherwise
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}
