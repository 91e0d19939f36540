package ledger

import (
	"errors"
	"testing"
)

func TestDeposit(t *testing.T) {
	l := New()
	l.Deposit("ann", 500)
	l.Deposit("ann", 20)
	if got := l.Balance("ann"); got != 520 {
		t.Errorf("the balance is %v, want 5.20", got)
	}
}

func TestTransfer(t *testing.T) {
	l := New()
	l.Deposit("ann", 500)
	if err := l.Transfer("ann", "bob", 300); err != nil {
		t.Fatal(err)
	}
	if l.Balance("ann") != 200 || l.Balance("bob") != 300 {
		t.Errorf("ann has %v, bob %v", l.Balance("ann"), l.Balance("bob"))
	}
}

func TestTransferOfEverything(t *testing.T) {
	l := New()
	l.Deposit("ann", 500)
	if err := l.Transfer("ann", "bob", 500); err != nil {
		t.Fatal(err)
	}
	if l.Balance("ann") != 0 {
		t.Errorf("ann still has %v", l.Balance("ann"))
	}
}

func TestNobodyIsOverdrawn(t *testing.T) {
	l := New()
	l.Deposit("ann", 500)
	if err := l.Transfer("ann", "bob", 501); !errors.Is(err, ErrFunds) {
		t.Errorf("the error is %v", err)
	}
}
