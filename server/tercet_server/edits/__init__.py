"""Pure operations on texts: apply edits, find them, merge them, and turn bytes into text and back. No I/O."""

from tercet_server.edits.apply import apply_edits, apply_file_edit
from tercet_server.edits.diff import diff_edits, file_edit
from tercet_server.edits.encoding import DecodedText, decode, encode, encoding_for_new
from tercet_server.edits.landing import Landed, Placement, from_reply
from tercet_server.edits.locate.elision import ELISION
from tercet_server.edits.merge import merge3
from tercet_server.edits.parse import holds_edits
from tercet_server.edits.unified import unified_diff

__all__ = [
    "ELISION",
    "DecodedText",
    "Landed",
    "Placement",
    "apply_edits",
    "apply_file_edit",
    "decode",
    "diff_edits",
    "encode",
    "encoding_for_new",
    "file_edit",
    "from_reply",
    "holds_edits",
    "merge3",
    "unified_diff",
]
