"""Programs and real modules do the same after refactorings at places that chance picks; and no text and no range is too odd."""

import ast
import contextlib
import io
import random
import sys
import sysconfig
import types
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tercet_server.refactoring import refactorings
from tercet_server.refactoring.source import Source
from tercet_shared.edits import Range
from tercet_shared.refactoring import RefactoringKind

from tests.doubles.marked_text import edited, span
from tests.doubles.random_programs import behaviour, random_program

STANDARD_LIBRARY = Path(sysconfig.get_paths()["stdlib"])

PROSE = "Some  prose\twith (brackets), 'quotes' and a-hyphen;\n\n  and a second, indented paragraph\nof it." * 2

Behaviour = Callable[[Any], Iterator[Callable[[], object]]]


def of_textwrap(module: Any) -> Iterator[Callable[[], object]]:
    for width in (1, 7, 20, 70):
        yield lambda width=width: module.wrap(PROSE, width)
        yield lambda width=width: module.fill(PROSE, width, break_long_words=False, initial_indent="> ")
        yield lambda width=width: module.shorten(PROSE, width, placeholder="…")
        yield lambda width=width: module.wrap(PROSE, width, max_lines=2, fix_sentence_endings=True, tabsize=2)
    yield lambda: module.dedent("  a\n    b\n\n  c")
    yield lambda: module.indent("a\n\nb\n", "  ", lambda line: line != "a\n")


def of_shlex(module: Any) -> Iterator[Callable[[], object]]:
    for line in (PROSE, 'a \'b c\' "d\\"e" # f', "a&&b || c; (d) > e", "~/a*b --c='d'", "'open", "a\\", "\\x 'y'z"):
        for posix in (True, False):
            yield lambda line=line, posix=posix: module.split(line, comments=True, posix=posix)
            yield lambda line=line, posix=posix: list(module.shlex(line, posix=posix, punctuation_chars=True))
        yield lambda line=line: module.quote(line)
    yield lambda: module.join(["a b", "c", ""])


def of_difflib(module: Any) -> Iterator[Callable[[], object]]:
    one, other = PROSE.splitlines(True), PROSE.replace("prose", "verse").replace("second", "third").splitlines(True)
    yield lambda: list(module.unified_diff(one, other, "a", "b"))
    yield lambda: list(module.context_diff(one, other, n=1))
    yield lambda: list(module.ndiff(one, other))
    yield lambda: module.SequenceMatcher(None, PROSE, "prose and brackets").get_matching_blocks()
    yield lambda: module.get_close_matches("apple", ["ape", "apply", "peach"], cutoff=0.1)
    yield lambda: module.HtmlDiff(wrapcolumn=20).make_table(one, other, context=True)


def of_configparser(module: Any) -> Iterator[Callable[[], object]]:
    texts = ("[a]\nb = 1\nc: %(b)s\n  more\n[d]\ne\n", "b = 1", "[a]\nb=1\nb=2", "[a]\n[a]", "[DEFAULT]\nx=y\n[z]\n")
    for text in texts:
        for strict in (True, False):
            yield lambda text=text, strict=strict: _configured(module, text, strict)


def _configured(module: Any, text: str, strict: bool) -> object:
    parser = module.ConfigParser(strict=strict, allow_no_value=True)
    parser.read_string(text)
    written = io.StringIO()
    parser.write(written)
    return written.getvalue(), {name: dict(parser.items(name)) for name in parser.sections()}


def of_calendar(module: Any) -> Iterator[Callable[[], object]]:
    for first in (0, 6):
        yield lambda first=first: module.TextCalendar(first).formatyear(2024, m=4)
        yield lambda first=first: module.HTMLCalendar(first).formatmonth(2023, 2)
        yield lambda first=first: list(module.Calendar(first).itermonthdays4(2025, 12))
    yield lambda: [module.monthrange(2024, month) for month in range(14)]
    yield lambda: (module.leapdays(1900, 2000), module.timegm((2001, 9, 9, 1, 46, 40)))


MODULES: dict[str, Behaviour] = {
    "textwrap": of_textwrap,
    "shlex": of_shlex,
    "difflib": of_difflib,
    "configparser": of_configparser,
    "calendar": of_calendar,
}
ROUNDS, STEPS = 2, 14


@pytest.mark.parametrize("name", MODULES)
def test_a_module_does_the_same_after_many_refactorings(name: str):
    text = (STANDARD_LIBRARY / f"{name}.py").read_text("utf-8")
    expected = outcomes(name, text)
    kinds: set[RefactoringKind] = set()
    for seed in range(ROUNDS):
        chance, changed, done = random.Random(f"{name}{seed}"), text, []
        for _ in range(STEPS):
            kind, title, changed = one_step(changed, chance)
            kinds.add(kind)
            done.append(title)
        assert outcomes(name, changed) == expected, done
    assert {RefactoringKind.EXTRACT_VARIABLE, RefactoringKind.EXTRACT_FUNCTION} <= kinds


def outcomes(name: str, text: str) -> list[str]:
    """What each call of the module gives, raises or prints."""
    module = types.ModuleType(f"{name}_refactored")
    with patch.dict(sys.modules, {module.__name__: module}):
        exec(compile(text, f"{name}.py", "exec", dont_inherit=True), module.__dict__)
        return [outcome(call) for call in MODULES[name](module)]


def outcome(call: Callable[[], object]) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            result = repr(call())
        except Exception as error:
            result = f"{type(error).__name__}: {error}"
    return f"{result}{printed.getvalue()}"


def one_step(text: str, chance: random.Random) -> tuple[RefactoringKind, str, str]:
    """One refactoring that is offered somewhere: its kind, its title, the text after it."""
    source = Source.of(text)
    nodes = list(ast.walk(source.tree))
    while True:
        found = [each for each in refactorings(text, somewhere(source, nodes, chance)) if not each.refusal]
        if found:
            taken = chance.choice(found)
            return taken.kind, taken.title, edited(text, taken.edits)


def somewhere(source: Source, nodes: Sequence[ast.AST], chance: random.Random) -> Range:
    """The range of an expression, of some statements of one block, or of the cursor in a name."""
    node = chance.choice(nodes)
    while not isinstance(node, ast.expr | ast.stmt):
        node = chance.choice(nodes)
    start, end = source.span(node)
    if isinstance(node, ast.Name):
        end = start
    body = getattr(node, "body", None)
    if isinstance(body, list):
        first = chance.randrange(len(body))
        last = chance.randrange(first, len(body))
        start, end = source.whole_span(body[first])[0], source.span(body[last])[1]
    return span(source.text, start, end)


# -- programs that chance writes ---------------------------------------------------------------------------------------------

PROGRAMS, PLACES = 40, 25


def test_a_program_of_odd_things_does_the_same_after_each_refactoring():
    """But for one whose variables are read before they are set: which step comes before that failure is not promised."""
    offered: Counter[RefactoringKind] = Counter()
    for seed in range(PROGRAMS):
        chance = random.Random(f"program {seed}")
        text = random_program(chance)
        source, expected = Source.of(text), behaviour(text)
        nodes = [node for each in source.tree.body[-2:] for node in ast.walk(each)]
        if "UnboundLocalError" in "".join(expected):
            continue
        for _ in range(PLACES):
            for found in refactorings(text, somewhere(source, nodes, chance)):
                if not found.refusal:
                    offered[found.kind] += 1
                    changed = edited(text, found.edits)
                    assert behaviour(changed) == expected, f"{found.title} in program {seed}:\n{changed}"
    assert all(offered[kind] >= 5 for kind in RefactoringKind), offered


# -- hostile texts ---------------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    ["def f(a):", "class A:", "    ", "\t", "\n", "\r\n", "\r", "\f", "x", "=", "a.b", "(", ")", "[", "]", "if a:", "else:", ":",
     "return", "'", '"""', "#", "\\", "lambda", "for x in a", "λ", "😀", "\ud800", "\x00", "1", "+", ",", "f'{x}'", "yield", ";"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=30), st.tuples(*[st.integers(0, 12)] * 4))
def test_no_text_and_no_range_is_too_odd(words: list[str], place: tuple[int, int, int, int]):
    text = " ".join(words) if len(words) % 2 else "".join(words)
    start, end = sorted([(place[0], place[1]), (place[2], place[3])])
    where = Range.model_validate(
        {"start": dict(zip(("line", "character"), start, strict=True)),
         "end": dict(zip(("line", "character"), end, strict=True))}
    )  # fmt: skip
    for each in refactorings(text, where):
        assert bool(each.edits) != bool(each.refusal)
        assert each.title


@pytest.mark.parametrize(
    "text",
    [
        "",
        "def f(:\n",
        "x = " + "(" * 5000,
        "print 'old'\n",
        "x = 1\x00",
        "#" * 500_001,
    ],
)
def test_what_cannot_be_read_offers_nothing_and_breaks_nothing(text: str):
    assert refactorings(text, span(text, 0, min(len(text), 10))) == []


def test_what_is_nested_deeper_than_some_pythons_follow_breaks_nothing():
    text = "x = " + "+".join(["a.b"] * 5000)
    assert all(each.refusal for each in refactorings(text, span(text, 4, 10)))
