"""Converts between the Language Server Protocol's types and Tercet's own, here and nowhere else. Decides nothing."""
