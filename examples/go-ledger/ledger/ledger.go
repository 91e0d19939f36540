// Package ledger keeps accounts.
package ledger

import (
	"errors"

	"example.com/ledger/money"
)

// ErrFunds says that an account does not hold enough.
var ErrFunds = errors.New("not enough on the account")

// Ledger holds the balances of accounts by their names.
type Ledger struct {
	balances map[string]money.Cents
}

// New returns an empty ledger.
func New() *Ledger {
	return &Ledger{balances: map[string]money.Cents{}}
}

// Deposit puts money on an account.
func (l *Ledger) Deposit(account string, amount money.Cents) {
	l.balances[account] += amount
}

// Balance tells what an account holds.
func (l *Ledger) Balance(account string) money.Cents {
	return l.balances[account]
}

// Transfer moves money from one account to another; an account may be emptied, but not overdrawn.
func (l *Ledger) Transfer(from, to string, amount money.Cents) error {
	if l.balances[from] <= amount {
		return ErrFunds
	}
	l.balances[from] -= amount
	l.balances[to] += amount
	return nil
}
