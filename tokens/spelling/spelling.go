// Package spelling finds the name that was probably meant by a misspelled one.
package spelling

import (
	"slices"
	"strings"
)

// maxName is the length of the longest names that are compared.
const maxName = 100

// Nearest returns the candidate that was probably meant, ignoring case; "" when no candidate is similar.
func Nearest(word string, candidates []string) string {
	word = strings.ToLower(word)
	best, bestDistance := "", max(len(word)/3, 1)+1
	for _, c := range candidates {
		if d := Distance(word, strings.ToLower(c), bestDistance-1); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// Distance returns the number of bytes to insert, delete, replace or swap with their neighbour to get from a to b. If
// it is over the limit, or a name has more than 100 bytes, it returns limit+1.
func Distance(a, b string, limit int) int {
	over := limit + 1
	if max(len(a), len(b)) > maxName || len(a)-len(b) > limit || len(b)-len(a) > limit {
		return over
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		if slices.Min(row) > limit {
			return over // later rows are not smaller
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], over)
}
