"""One module a feature, none knowing another: convert, ask the session, convert back. Handlers are short."""
