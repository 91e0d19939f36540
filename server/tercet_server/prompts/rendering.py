"""Fills the places of a text file, strictly: every place is filled and every value has a place. Pure but for the reading."""

import re
from functools import cache
from importlib.resources import files

_PLACE = re.compile(r"\{\{(\w+)\}\}")


def render(name: str, **values: str) -> str:
    """The text `name`.txt with its `{{places}}` filled. What a value contains is never taken for a place. Blocks at first.

    Raises KeyError for a text that does not exist, a place without a value and a value without a place: faults of ours.
    """
    text = _texts().get(name)
    if text is None:
        raise KeyError(f"there is no text {name}.txt")
    places = set(_PLACE.findall(text))
    if places != set(values):
        raise KeyError(f"{name}.txt has the places {sorted(places)}, and was given {sorted(values)}")
    return _PLACE.sub(lambda place: values[place[1]], text).strip() + "\n"


@cache
def _texts() -> dict[str, str]:
    """All of them, read at the first use, which blocks."""
    folder = files("tercet_server.prompts").joinpath("texts")
    return {each.name.removesuffix(".txt"): each.read_text("utf-8") for each in folder.iterdir()}
