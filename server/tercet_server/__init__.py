"""The daemon and the `tercet` command."""
