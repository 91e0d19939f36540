"""How a docstring is laid out: in the manner of the file's others (Google, NumPy, Sphinx), else Google's. Pure."""

import ast
import re
from collections import Counter
from collections.abc import Callable, Sequence

from tercet_server.proposers.documentation.facts import Facts, Parameter

_SIGNS = {
    "numpy": re.compile(r"^\s*(Parameters|Returns|Raises|Yields)\n\s*-{3,}", re.MULTILINE),
    "sphinx": re.compile(r"^\s*:(param|returns?|raises|rtype)\b", re.MULTILINE),
    "google": re.compile(r"^\s*(Args|Returns|Raises|Yields):\s*$", re.MULTILINE),
}
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def style_of(tree: ast.Module) -> str:
    """The one that most docstrings of the file follow; "google" if none follows any."""
    docstrings = [ast.get_docstring(each) or "" for each in ast.walk(tree) if isinstance(each, Documented)]
    found = Counter(name for each in docstrings for name, sign in _SIGNS.items() if sign.search(each))
    return found.most_common(1)[0][0] if found else "google"


def summary(name: str, *, is_class: bool) -> str:
    """The words of a name as a sentence: `read_all` → "Read all."."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name.strip("_")).replace("_", " ").strip().lower()
    if not words:
        words = name
    if is_class:
        return f"{'An' if words[0] in 'aeiou' else 'A'} {words}."
    return f"{words[:1].upper()}{words[1:]}."


def lines_of(style: str, first: str, facts: Facts | None) -> list[str]:
    """The docstring's lines without indentation: the summary, then a section for each kind of fact."""
    sections = [] if facts is None else _LAYOUTS[style](facts)
    return [first] if not sections else [first, "", *sections]


def _google(facts: Facts) -> list[str]:
    blocks = []
    if facts.parameters:
        blocks.append(["Args:", *(f"    {each.name}{_typed(each)}:{_default(each)}" for each in facts.parameters)])
    if facts.returns is not None:
        blocks.append([f"{'Yields' if facts.yields else 'Returns'}:", f"    {facts.returns or 'A value'}."])
    if facts.raises:
        blocks.append(["Raises:", *(f"    {kind}:{_when(condition)}" for kind, condition in facts.raises)])
    return _joined(blocks)


def _numpy(facts: Facts) -> list[str]:
    blocks = []
    if facts.parameters:
        named = [f"{each.name} : {each.type}" if each.type else each.name for each in facts.parameters]
        told = [f"    {_default(each).strip()}" for each in facts.parameters]
        pairs = [line for pair in zip(named, told, strict=True) for line in pair if line.strip()]
        blocks.append(["Parameters", "----------", *pairs])
    if facts.returns is not None:
        title = "Yields" if facts.yields else "Returns"
        blocks.append([title, "-" * len(title), facts.returns or "value"])
    if facts.raises:
        lines = [
            line
            for kind, condition in facts.raises
            for line in (kind, f"    {_when(condition).strip()}")
            if line.strip()
        ]
        blocks.append(["Raises", "------", *lines])
    return _joined(blocks)


def _sphinx(facts: Facts) -> list[str]:
    lines = []
    for each in facts.parameters:
        lines.append(f":param {each.name}:{_default(each)}")
        lines += [f":type {each.name}: {each.type}"] if each.type else []
    if facts.returns is not None:
        lines.append(f":rtype: {facts.returns}" if facts.returns else ":returns: A value.")
    lines += [f":raises {kind}:{_when(condition)}" for kind, condition in facts.raises]
    return lines


def _typed(parameter: Parameter) -> str:
    return f" ({parameter.type})" if parameter.type else ""


def _default(parameter: Parameter) -> str:
    return f" Defaults to {parameter.default}." if parameter.default else ""


def _when(condition: str) -> str:
    return f" If `{condition}`." if condition else ""


def _joined(blocks: Sequence[list[str]]) -> list[str]:
    return [line for number, block in enumerate(blocks) for line in ([""] if number else []) + block]


_LAYOUTS: dict[str, Callable[[Facts], list[str]]] = {"google": _google, "numpy": _numpy, "sphinx": _sphinx}
