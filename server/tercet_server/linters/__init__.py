"""Linters run on the host, on one text at a time: their configuration is data and cannot run code of the workspace."""
