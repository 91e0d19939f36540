"""The `tercet` command: thin, talks to the daemon through `tercet_shared` alone and decides nothing by itself."""
