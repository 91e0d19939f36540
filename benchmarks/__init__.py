"""Measurements of Tercet, each `python -m benchmarks.NAME [--json]`. No test depends on a time measured here."""
