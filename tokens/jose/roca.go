package jose

import (
	"math/big"
	"sync"
)

// rocaFingerprint has, for each small prime, the remainders that a modulus of the faulty library of CVE-2017-15361 can
// have: the powers of 65537. Its primes are built from such powers, and so are their products.
type rocaFingerprint struct {
	primes  []uint64
	powers  []map[uint64]bool
	product *big.Int
}

var roca = sync.OnceValue(func() *rocaFingerprint {
	m := &rocaFingerprint{product: big.NewInt(1)}
	for p := uint64(3); p <= 167; p += 2 {
		if !big.NewInt(int64(p)).ProbablyPrime(0) {
			continue
		}
		powers := map[uint64]bool{}
		for x := uint64(1); !powers[x]; x = x * 65537 % p {
			powers[x] = true
		}
		m.primes, m.powers = append(m.primes, p), append(m.powers, powers)
		m.product.Mul(m.product, new(big.Int).SetUint64(p))
	}
	return m
})

// isROCA reports whether the factors of a modulus can be found (CVE-2017-15361). About one in a hundred million other
// moduli matches by chance.
func isROCA(n *big.Int) bool {
	m := roca()
	rest, small, p := new(big.Int).Mod(n, m.product), new(big.Int), new(big.Int)
	for i, prime := range m.primes {
		if !m.powers[i][small.Mod(rest, p.SetUint64(prime)).Uint64()] {
			return false
		}
	}
	return true
}
