"""Where the hunks of an edit land in a text, or why they do not. No I/O."""

from tercet_server.edits.locate.hunk import Located, locate
from tercet_server.edits.locate.page import Page, Splice

__all__ = ["Located", "Page", "Splice", "locate"]
