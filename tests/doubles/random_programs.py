"""Small Python programs that chance makes of everything that refactorings stumble over, and what a program does when it is run.

A program tells of each step that it takes, so that another order of the same steps shows, too.
"""

import random
import types
from collections.abc import Callable
from typing import Any

VARIABLES = ("a", "b", "x", "y", "z")
PRELUDE = """
import operator
from collections import defaultdict

LATER, TRACE, G = [], [], 1


class Stop(Exception):
    pass


class Box:
    v = 1

    def bump(self, by=1):
        TRACE.append(("bump", by))
        self.v += 1
        return self.v


class Guard:
    def __init__(self, ends):
        self.ends = ends

    def __enter__(self):
        TRACE.append("enter")
        return 3

    def __exit__(self, kind, *rest):
        TRACE.append("exit")
        return bool(self.ends) and kind is not None and issubclass(kind, ValueError)


def t(label, value=0, *more, **named):
    TRACE.append((label, repr(value), len(more), sorted(named)))
    if len(TRACE) > 150:
        raise Stop
    if (label + len(TRACE)) % RAISES == 0:
        raise ValueError(label)
    return value


def up(by):
    global G
    G += 1
    TRACE.append(("up", G))
    return by


o, d, m = Box(), defaultdict(int), {"k": 1}
"""


def random_program(chance: random.Random) -> str:
    """One that compiles: not every mixture does."""
    while True:
        text = _Writer(chance).program()
        try:
            compile(text, "<program>", "exec", dont_inherit=True)
        except SyntaxError:
            continue
        return text


class _Writer:
    """Writes one program; `depth` is what keeps it small."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._labels = 0
        self._loops = 0

    def program(self) -> str:
        kind = self._chance.choice(("def f", "def f", "def f", "async def f"))
        if self._chance.random() < 0.2:
            return PRELUDE + "\n\nclass C:\n" + self._function("def f", 1, "(self, a, b)") + "\n\n\nf = C().f\n"
        return PRELUDE + "\n\n" + self._function(kind, 0, "(a, b)")

    def _function(self, head: str, level: int, parameters: str) -> str:
        start = "" if self._chance.random() < 0.3 else f"{self._indent(level + 1)}x = y = z = 1\n"
        body = self._block(level + 1, 3, self._chance.randint(3, 6))
        ending = f"{self._indent(level + 1)}return x, y, z\n"
        return f"{self._indent(level)}{head}{parameters}:\n{start}{body}{ending}"

    # -- statements ---------------------------------------------------------------------------------------------------

    def _block(self, level: int, depth: int, count: int | None = None) -> str:
        count = count or self._chance.randint(1, 3)
        return "".join(self._statement(level, depth) for _ in range(count))

    def _statement(self, level: int, depth: int) -> str:
        simple = (self._assign, self._assign, self._once, self._once, self._set_item, self._tell, self._odd)
        nested = (self._if, self._for, self._while, self._try, self._with, self._match, self._inner)
        make = self._chance.choice(simple if depth <= 0 or self._chance.random() < 0.6 else nested)
        return make(level, depth - 1)

    def _line(self, level: int, code: str) -> str:
        return f"{self._indent(level)}{code}\n"

    def _assign(self, level: int, depth: int) -> str:
        name, other = self._name(), self._name()
        form = self._chance.choice(("{n} = {e}", "{n} = {e}", "{n} += {e}", "{n}, {o} = {e}, {f}", "{n}: int = {e}"))
        return self._line(level, form.format(n=name, o=other, e=self.expression(2), f=self.expression(1)))

    def _once(self, level: int, depth: int) -> str:
        """A variable of its own, that is read soon."""
        name = f"v{self._label()}"
        value = self._chance.choice(("5", "'v'", "-2", *[self.expression(2)] * 3))
        between = self._statement(level, 0) if self._chance.random() < 0.2 else ""
        form = self._chance.choice((*_FORMS, "{e}"))
        used = form.format(
            e=name, f=self._chance.choice((name, self.expression(1))), h=self.expression(1), n="z", label=0
        )
        use = self._chance.choice(("t(0, {})", "x = {}", "o.v += {}", "y = d[{}] = x", "return {}", "if {}: x += 1"))
        return self._line(level, f"{name} = {value}") + between + self._line(level, use.format(used))

    def _set_item(self, level: int, depth: int) -> str:
        form = self._chance.choice(("d[{e}] = {f}", "{n} = d[{e}] = {f}", "o.v = {e}", "o.v += {e}", "d[{e}] += {f}"))
        return self._line(level, form.format(n=self._name(), e=self.expression(2), f=self.expression(2)))

    def _tell(self, level: int, depth: int) -> str:
        return self._line(level, f"t({self._label()}, {self.expression(2)})")

    def _odd(self, level: int, depth: int) -> str:
        odd = [f"LATER.append(lambda: {self.expression(2)})", f"del {self._name()}", f"return {self.expression(2)}",
               f"raise ValueError({self.expression(1)})", f"assert {self.expression(1)} != 7", "import operator as z",
               f"LATER.append({self.expression(1)} for i in [1])", "pass"]  # fmt: skip
        if self._loops:
            odd += ["break", "continue"] * 3
        return self._line(level, self._chance.choice(odd))

    def _if(self, level: int, depth: int) -> str:
        text = self._line(level, f"if {self.expression(2)}:") + self._block(level + 1, depth)
        if self._chance.random() < 0.3:
            text += self._line(level, f"elif {self.expression(1)}:") + self._block(level + 1, depth)
        if self._chance.random() < 0.5:
            text += self._line(level, "else:") + self._block(level + 1, depth)
        return text

    def _for(self, level: int, depth: int) -> str:
        head = self._line(level, f"for {self._name()} in range({self._chance.choice((1, 2, 'b'))}):")
        return head + self._looped(level, depth)

    def _while(self, level: int, depth: int) -> str:
        return self._line(level, f"while len(TRACE) < 20 and {self.expression(2)}:") + self._looped(level, depth)

    def _looped(self, level: int, depth: int) -> str:
        self._loops += 1
        text = self._line(level + 1, f"t({self._label()})") + self._block(
            level + 1, depth
        )  # so each round tells, and none are endless
        self._loops -= 1
        return text + (
            self._line(level, "else:") + self._block(level + 1, depth) if self._chance.random() < 0.2 else ""
        )

    def _try(self, level: int, depth: int) -> str:
        text = self._line(level, "try:") + self._block(level + 1, depth)
        named = self._chance.choice(("", "", " as x", " as e"))
        text += self._line(level, f"except ValueError{named}:") + self._block(level + 1, depth)
        if self._chance.random() < 0.3:
            text += self._line(level, "else:") + self._block(level + 1, depth)
        if self._chance.random() < 0.3:
            text += self._line(level, "finally:") + self._block(level + 1, depth)
        return text

    def _with(self, level: int, depth: int) -> str:
        head = f"with Guard({self.expression(1)}){self._chance.choice(('', ' as y', f', Guard({self._name()}) as z'))}:"
        return self._line(level, head) + self._block(level + 1, depth)

    def _match(self, level: int, depth: int) -> str:
        text = self._line(level, f"match ({self.expression(1)}, {self.expression(1)}):")
        text += self._line(level + 1, f"case (1, {self._name()}):") + self._block(level + 2, depth)
        text += self._line(level + 1, f"case (q, x) if {self.expression(1)}:") + self._block(level + 2, depth)
        return text + self._line(level + 1, "case _:") + self._block(level + 2, depth)

    def _inner(self, level: int, depth: int) -> str:
        loops, self._loops = self._loops, 0
        name = f"g{self._label()}"
        text = self._line(level, f"def {name}(p=1):")
        if self._chance.random() < 0.5:
            text += self._line(level + 1, f"nonlocal {self._chance.choice(('x', 'y'))}")
        text += self._block(level + 1, min(depth, 1)) + self._line(level + 1, f"return {self.expression(1)}")
        self._loops = loops
        return text + self._line(
            level, self._chance.choice((f"{self._name()} = {name}()", f"LATER.append({name})", "pass"))
        )

    # -- expressions --------------------------------------------------------------------------------------------------

    def expression(self, depth: int) -> str:
        if depth <= 0 or self._chance.random() < 0.15:
            return self._chance.choice((*VARIABLES, *VARIABLES, str(self._chance.randint(0, 9)), "o.v", "G", "len(d)"))
        form = self._chance.choice(_FORMS)
        texts = {name: self.expression(depth - 1) for name in "efh"}
        return form.format(**texts, n=self._name(), label=self._label())

    def _name(self) -> str:
        return self._chance.choice(VARIABLES)

    def _label(self) -> int:
        self._labels += 1
        return self._labels

    def _indent(self, level: int) -> str:
        return "    " * level


_FORMS = (
    "t({label}, {e})", "t({label}, {e})", "t({label}, {e}, {f}, k={h})", "t({label}, *[{e}], **{{'k': {f}}}, j={h})",
    "({e} == {f})", "({e}, {f})[0]", "({e} if {f} else {h})", "({e} and {f})", "({e} or {f})", "(not {e})", "[{e}, {f}]",
    "o.bump({e})", "up({e})", "o.v", "G", "d[str({e})]", "len(d)", "(str({e}) in d)", "operator.is_({e}, {f})",
    "[{e} for i in [1, 2] if {f}]", "[i for i in [{e}]]", "(lambda p: [p, {e}])({f})", "({n} := {e})", "f'{{{e}}} {f}'",
    "{{'k': {e}, **m, 'j': {f}}}", "{{**d, 'j': {e}}}", "all({e} for i in [1])", "[{e},\n        {f}]", "'''{e}\n  {f}'''",
    "sorted([3, 1], key=lambda i: t({label}, i))", "({e} == {f} == {h})", "str({e})", "list(({e}, i) for i in [{f}])",
)  # fmt: skip


def behaviour(text: str) -> list[str]:
    """What a program tells, gives and raises, for several inputs; with what its lambdas and generators do afterwards."""
    code = compile(text, "<program>", "exec", dont_inherit=True)
    return [
        _one(code, raises, inputs) for raises, inputs in ((1000, (0, 1)), (1000, (1, 2)), (7, (1, 0)), (11, (2, 2)))
    ]


def _one(code: types.CodeType, raises: int, inputs: tuple[int, int]) -> str:
    module: dict[str, Any] = {"RAISES": raises, "__name__": "program"}
    told = [_told(lambda: exec(code, module)), _told(lambda: _finished(module["f"](*inputs)))]
    told += [_told(lambda each=each: each() if callable(each) else list(each)) for each in module.get("LATER", [])[:5]]
    told.append(_told(lambda: (module["TRACE"], module["G"], module["o"].v, sorted(map(repr, module["d"].items())))))
    return "\n".join(told)


def _finished(given: Any) -> object:
    if not isinstance(given, types.CoroutineType):
        return given
    try:
        given.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("no program waits")


def _told(call: Callable[[], object]) -> str:
    try:
        return _without_addresses(repr(call()))
    except Exception as error:
        return f"{type(error).__name__}: {_without_addresses(str(error))}"


def _without_addresses(text: str) -> str:
    return " ".join(each for each in text.split() if "0x" not in each)
