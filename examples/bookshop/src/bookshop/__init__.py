"""Prices, stock, delivery and invoices of a small bookshop."""
