"""`tercet acp`: Tercet as an agent of the Agent Client Protocol, for editors that talk to agents. A client of the daemon."""
