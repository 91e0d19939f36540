// Package money counts in whole cents.
package money

import "fmt"

// Cents is an amount of money.
type Cents int64

// String writes an amount with two digits: "-3.05".
func (c Cents) String() string {
	sign := ""
	if c < 0 {
		sign, c = "-", -c
	}
	return fmt.Sprintf("%s%d.%02d", sign, c/100, c%100)
}

// Split divides an amount into parts that differ by one cent at most, the larger ones first.
func Split(amount Cents, parts int) []Cents {
	if parts <= 0 {
		return nil
	}
	share := amount / Cents(parts)
	rest := int(amount % Cents(parts))
	shares := make([]Cents, parts)
	for i := range shares {
		shares[i] = share
		if i < rest {
			shares[i]++
		}
	}
	return shares
}
