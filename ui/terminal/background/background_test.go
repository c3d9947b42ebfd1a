package background

import "testing"

func TestDark(t *testing.T) {
	for value, want := range map[string]bool{
		"": true, "15;0": true, "0;15": false, "0;default;15": false, "7;8": true, "0;7": false,
		"default;default": true,
	} {
		if got := Dark(func(string) string { return value }); got != want {
			t.Errorf("COLORFGBG=%q: dark %v, want %v", value, got, want)
		}
	}
}
