"""The language server: converts between the Language Server Protocol and the daemon's API, and nothing else."""
