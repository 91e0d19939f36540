"""The contract between the daemon and its clients: identifiers, errors, wire models, discovery and the HTTP client."""
