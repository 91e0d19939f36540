"""What speaks against a change, found by comparing texts: broken interfaces, growth, secrets, new findings. Runs no code."""

from tercet_server.checks.review.remarks import remarks_on

__all__ = ["remarks_on"]
