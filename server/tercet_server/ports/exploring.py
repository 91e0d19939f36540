"""The port to what code does when it is called: cases found by running it, and which mutants each tells apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CallExample:
    """Arguments of a call that was found in the workspace, as source; `names` says what they need (name → module)."""

    arguments: Sequence[str]
    keywords: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    origin: str = "call site"


@dataclass(frozen=True)
class Exploration:
    """What is to be called. `path` is that of a module; `modules` are names under which it may be imported."""

    path: str
    modules: Sequence[str]
    deadline_s: float
    subjects: Sequence[str] = ()
    """Functions, classes and "Class.method"; none: all that are public."""
    examples: Mapping[str, Sequence[CallExample]] = field(default_factory=dict)
    """By subject; by ".method" where the class is not known."""
    mutants: Sequence[tuple[int, int, str, int, int]] = ()
    """Replacements in the module's text: start, end (code points), new text; and the first and last line (from zero) of what
    has to be run for it to show."""
    tests_folder: str = ""
    """Where tests would stand: its conftest is heeded."""


@dataclass(frozen=True)
class Behaviour:
    """What a call did, as a test would assert it.

    `kind`: "gives" (`source` is an equal value), "is" (a value of which its `type` and `checks` can be told), "raises".
    """

    kind: str
    form: str = ""
    """The expression that gives the value: the call itself, or `list(call)` for an iterator."""
    source: str = ""
    approximate: bool = False
    """A float is in it."""
    type: str = ""
    module: str = ""
    message: str = ""
    line: int = -1
    """Where the module's code was when an exception was raised, from zero."""
    printed: str = ""
    checks: Sequence[tuple[str, str, bool]] = ()
    """What else can be told: expression, source of its value, approximately. `result` is the value of the call."""
    imports: Mapping[str, str] = field(default_factory=dict)
    """What the sources need: name → module, "" for a module itself."""


@dataclass(frozen=True)
class ExploredCase:
    number: int
    subject: str
    setup: Sequence[str]
    call: str
    arguments: Sequence[tuple[str, str]]
    """Parameter and expression, where the call is the subject with arguments; ("", …) for `*arguments`, "name=" by name."""
    names: Mapping[str, str]
    origin: str
    outcome: Behaviour
    lines: frozenset[int] = frozenset()
    """Lines (from zero) of the module that it executes."""


@dataclass(frozen=True)
class SuspectCall:
    """A call with plausible arguments that ended in an exception which nothing in the code raises on purpose."""

    subject: str
    setup: Sequence[str]
    call: str
    origin: str
    type: str
    message: str
    line: int


@dataclass(frozen=True)
class Explored:
    """`module`: the name under which it was imported. `killed`: mutant → cases that come out differently for it."""

    module: str = ""
    names: Sequence[str] = ()
    """What the module defines or imports."""
    cases: Sequence[ExploredCase] = ()
    suspects: Sequence[SuspectCall] = ()
    killed: Mapping[int, frozenset[int]] = field(default_factory=dict)
    """Of every mutant that was tried; an empty set: no case tells it apart."""
    problem: str = ""
    """Why nothing, or not everything, was explored."""
