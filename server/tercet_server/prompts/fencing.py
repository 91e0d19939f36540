"""Fences text of the project, so that a model can tell it from what it is told: data, whatever it says. Pure."""

import hashlib

from tercet_shared.errors import Unsupported

from tercet_server.prompts.confidential import is_confidential


def fenced(kind: str, text: str, **attributes: str) -> str:
    """The text between two marks that it does not contain. `kind` and `attributes` say what it is, in words of ours.

    The mark is made of the text's hash: the same text has the same fence, so that a vendor's cache of prompts knows it again,
    and a text that would close its fence early would have to contain its own hash.
    """
    mark = _mark(text)
    told = "".join(f' {name}="{_quoted(value)}"' for name, value in attributes.items())
    return f"<data {mark} {kind}{told}>\n{text}\n</data {mark}>"


def fenced_file(path: str, text: str, **attributes: str) -> str:
    """A file of the workspace. Raises Unsupported for one that never leaves it: the last door, for all prompts pass it."""
    if is_confidential(path):
        raise Unsupported(f"{path} is a file for secrets; it is never shown to a model.")
    return fenced("file", text, path=path, **attributes)


def _mark(text: str) -> str:
    salt = 0
    while True:
        mark = hashlib.sha256(f"{salt}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
        if mark not in text:
            return mark
        salt += 1


def _quoted(value: str) -> str:
    """On one line and without quotes: a file's name may be anything."""
    return "".join(each if each.isprintable() and each not in '"<>' else "?" for each in value)
