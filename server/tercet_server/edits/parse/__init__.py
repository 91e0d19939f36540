"""From a model's reply to typed edit requests: finds the format and reads it. Looks nothing up in any file."""

from tercet_server.edits.parse.reply import holds_edits, parse_reply

__all__ = ["holds_edits", "parse_reply"]
