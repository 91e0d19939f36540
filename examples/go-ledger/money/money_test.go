package money

import "testing"

func TestString(t *testing.T) {
	for amount, want := range map[Cents]string{0: "0.00", 5: "0.05", 1234: "12.34", -305: "-3.05"} {
		if got := amount.String(); got != want {
			t.Errorf("%d is written %q, want %q", int64(amount), got, want)
		}
	}
}

func TestSplit(t *testing.T) {
	shares := Split(100, 3)
	want := []Cents{34, 33, 33}
	for i := range want {
		if shares[i] != want[i] {
			t.Fatalf("shares are %v, want %v", shares, want)
		}
	}
}
