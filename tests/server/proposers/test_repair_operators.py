"""Each operator suggests the edit it is there for, in place, and leaves everything else as it is."""

import ast
import textwrap

import pytest
from tercet_server.proposers.repair.rank import mutations_at
from tercet_server.proposers.repair.subject import Subject

pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning")


def mutants(text: str) -> set[str]:
    """Every mutant of a module that compiles."""
    subject = Subject.of(text)
    found = set()
    for node in ast.walk(subject.module.tree):
        if isinstance(node, ast.expr | ast.stmt) and subject.module.mutable(node):
            found.update(mutation.apply(text) for mutation in mutations_at(subject, node))
    return {mutant for mutant in found if compiles(mutant)}


def compiles(text: str) -> bool:
    try:
        compile(text, "mutant", "exec")
    except SyntaxError:
        return False
    return True


EXPRESSIONS = [
    # comparisons
    ("a < b", "a <= b"),
    ("a >= b", "a > b"),
    ("a < b", "a > b"),
    ("a == b", "a != b"),
    ("a in b", "a not in b"),
    ("a is b", "a == b"),
    ("a in b", "b in a"),
    ("a < b", "a == b"),
    ("a == b", "a > b"),
    ("a != b", "a <= b"),
    ("a >= b", "a != b"),
    ("0 < a < b", "0 < a"),
    ("(a) <(b)", "(a) <=(b)"),
    ("len(a) == 0", "len(a) <= 1"),
    ("a > 1", "a >= 0"),
    # arithmetic
    ("a + b", "a - b"),
    ("a // b", "a / b"),
    ("a ^ b", "a & b"),
    ("a << b", "a >> b"),
    ("a * b", "a % b"),
    ("a % b", "a * b"),
    ("'%s' * a", "'%s' % a"),
    ("'%s' + a", "'%s' % a"),
    ("a - b", "b - a"),
    ("a - b", "a"),
    ("a + b * 2", "(a + b) * 2"),
    ("(a + b) * 2", "a + b * 2"),
    ("-a", "a"),
    ("f(a + b)", "max(0, f(a + b))"),
    # off by one, bounds
    ("a[b]", "a[b - 1]"),
    ("a[b + 1]", "a[b]"),
    ("len(a)", "len(a) - 1"),
    ("a[b, b]", "a[b, b - 1]"),
    ("a - b", "a - b ** 2"),
    ("a ** 2", "a"),
    ("f(a)[0]", "b"),
    ("f(a.x + a)", "f(b)"),
    ("a[b:]", "a[b + 1:]"),
    ("a[1:b]", "a[1:]"),
    ("a[b:]", "a[:b]"),
    ("range(b)", "range(b + 1)"),
    ("range(b)", "range(1, b)"),
    ("range(1, b)", "range(b)"),
    ("f(a, b)", "f(a, b - a)"),
    # constants
    ("a[0]", "a[1]"),
    ("a[3]", "a[2]"),
    ("f(True)", "f(False)"),
    ("a + ''", "a + ' '"),
    ("f(1)", "f(a)"),
    ("[]", "[[]]"),
    # truth
    ("a and b", "a or b"),
    ("a or b", "a"),
    ("not a", "a"),
    ("1 if a else 2", "1 if not a else 2"),
    ("1 if a is not None else 2", "1 if a else 2"),
    ("1 if a else 2", "1 if a is not None else 2"),
    ("1 if a else 2", "2 if a else 1"),
    ("1 if a else 2", "1 if a and b > 0 else 2"),
    # names and attributes
    ("f(a)", "f(b)"),
    ("a.left + a.right", "a.right + a.right"),
    ("a.left + f(a)", "a.left + f(a.left)"),
    ("a.left", "a"),
    ("a[0][b]", "a[b][0]"),
    ("f(a + 1) - a[b]", "a[b] - a[b]"),
    # calls
    ("f(a, b)", "f(b, a)"),
    ("f(a, b, 1)", "f(a, b)"),
    ("min(a, b)", "max(a, b)"),
    ("any(a)", "all(a)"),
    ("a.append(b)", "a.extend(b)"),
    ("a.find(b)", "a.rfind(b)"),
    ("f(a)", "f(sorted(a))"),
    ("f(len(a))", "f(a)"),
    ("sorted(a)", "a"),
    ("min(a)", "min(a, b)"),
    ("any(x for x in a)", "all(x for x in a)"),
    # containers
    ("(a, b)", "(b, a)"),
    ("[a, b]", "[a]"),
    ("[a]", "[a, b]"),
    ("[x for x in a if x > b]", "[x for x in a]"),
    ("[x for x in a]", "[x for x in a if x > 0]"),
    ("[x for x in (a)]", "[x for x in (a) if not b]"),
    ("f(a) + f(b)", "f(a) + [b] + f(b)"),
]


@pytest.mark.parametrize(("before", "expected"), EXPRESSIONS)
def test_expression(before: str, expected: str) -> None:
    template = "def f(*args):\n    return args\n\n\ndef given(a, b):\n    return {}  # kept\n"
    assert template.format(expected) in mutants(template.format(before))


STATEMENTS = {
    "negated test": ("if a:\n    return b", "if not a:\n    return b"),
    "while for if": ("if a:\n    b += 1", "while a:\n    b += 1"),
    "endless loop": ("while True:\n    a.pop()", "while a:\n    a.pop()"),
    "augmented operator": ("a += b", "a -= b"),
    "augmented instead of plain": ("a = b", "a += b"),
    "initial value": ("c = 0\nreturn c", "c = 1\nreturn c"),
    "target": ("c = 0\nc = a\nreturn b", "c = 0\nb = a\nreturn b"),
    "unpacking exchanged": ("a, b = b, a", "a, b = a, b"),
    "unpacking in steps": ("a, b = 1, a", "b = a\na = 1"),
    "another return value": ("return a", "return b"),
    "returned condition": ("return True", "return b == 0"),
    "return forgotten": ("f(a)", "return f(a)"),
    "end without a value": ("a.append(b)", "a.append(b)\nreturn a"),
    "bare return": ("if a:\n    return\nreturn b", "if a:\n    return b\nreturn b"),
    "continue for break": ("for x in a:\n    break", "for x in a:\n    continue"),
    "return for break": ("for x in a:\n    break", "for x in a:\n    return"),
    "early return": ("b = a[0]\nreturn b", "if not a:\n    return None\nb = a[0]\nreturn b"),
    "made conditional": (
        "for x in a:\n    if x not in b:\n        b += x\n    b.append(x)\nreturn b",
        "for x in a:\n    if x not in b:\n        b += x\n    if x not in b:\n        b.append(x)\nreturn b",
    ),
    "deleted": ("a += 1\nreturn a", "return a"),
    "deleted, alone": ("if a:\n    b += 1\nreturn b", "if a:\n    pass\nreturn b"),
    "inserted copy": ("c = a\nif b:\n    b -= 1\nreturn c", "c = a\nif b:\n    c = a\n    b -= 1\nreturn c"),
    "collection never filled": (
        "seen = set()\nfor x in a:\n    if x in seen:\n        return x",
        "seen = set()\nfor x in a:\n    seen.add(x)\n    if x in seen:\n        return x",
    ),
    "exchanged": ("a += 1\nb += a", "b += a\na += 1"),
    "moved in": ("for x in a:\n    b += x\nb += 1", "for x in a:\n    b += x\n    b += 1"),
    "moved out": ("for x in a:\n    b += x\n    b += 1\nreturn b", "for x in a:\n    b += x\nb += 1\nreturn b"),
    "walked over a copy": ("for x in a:\n    a.remove(x)", "for x in list(a):\n    a.remove(x)"),
    "walked over a copy of an element": (
        "for x in a[b]:\n    a[b].remove(x)",
        "for x in list(a[b]):\n    a[b].remove(x)",
    ),
    "another element": ("a[0] = b[1]\nreturn a", "b[1] = b[1]\nreturn a"),
    "another attribute": ("a.x = a.y\nreturn a", "a.y = a.y\nreturn a"),
    "update forgotten": (
        "last = None\nfor x in a:\n    b += last == x\nreturn b",
        "last = None\nfor x in a:\n    b += last == x\n    last = x\nreturn b",
    ),
    "absent": (
        "while True:\n    if b.x is None:\n        return a",
        "while True:\n    if b is None or b.x is None:\n        return a",
    ),
    "walked over a part": ("for x in a:\n    b += x", "for x in a[1:]:\n    b += x"),
    "yield from": ("for x in a:\n    yield x", "for x in a:\n    yield from x"),
    "yield for yield from": ("yield from a", "yield a"),
    "items of a recursive call": ("yield a\ngiven(b, a)", "yield a\nyield from given(b, a)"),
    "another range": ("for x in range(a):\n    b += x", "for x in range(a + 1):\n    b += x"),
}


@pytest.mark.parametrize(("before", "expected"), STATEMENTS.values(), ids=STATEMENTS)
def test_statement(before: str, expected: str) -> None:
    template = "def given(a, b):\n{}\n\n\ndef f(*args):\n    return args\n"

    def module(body: str) -> str:
        return template.format(textwrap.indent(body, "    "))

    assert module(expected) in mutants(module(before))


def test_mutable_default_made_anew() -> None:
    before = 'def f(x, found=[]):\n    """Docs."""\n    found.append(x)\n    return found\n'
    after = (
        'def f(x, found=None):\n    """Docs."""\n    if found is None:\n        found = []\n'
        "    found.append(x)\n    return found\n"
    )
    assert after in mutants(before)


def test_forgotten_await() -> None:
    before = "async def f(x):\n    return x\n\n\nasync def g(x):\n    y = f(x)\n    return y\n"
    assert before.replace("y = f(x)", "y = await f(x)") in mutants(before)


def test_columns_are_code_points() -> None:
    before = 'def f(a, b):\n    x = "ß→𝄞"; return a < b\n'
    assert before.replace("<", "<=") in mutants(before)


def test_line_endings_stay() -> None:
    before = "def f(a, b):\r\n    if a:\r\n        b += 1\r\n    return a < b\r\n"
    found = mutants(before)
    assert before.replace("<", "<=") in found
    assert all(mutant.count("\n") == mutant.count("\r\n") for mutant in found)


def test_annotations_docstrings_decorators_and_f_strings_are_left_alone() -> None:
    text = '@cache(1)\ndef f(a: "x" = None) -> int | None:\n    """Says 1."""\n    return f"{a + 1}"\n'
    for mutant in mutants(text):
        assert "@cache(1)" in mutant
        assert 'a: "x"' in mutant
        assert "-> int | None" in mutant
        assert '"""Says 1."""' in mutant


def test_modern_syntax_has_mutants() -> None:
    text = textwrap.dedent(
        """
        def f(command, *rest, key=1, **options):
            if (n := len(rest)) > 1:
                return n
            match command:
                case ["go", where] if where:
                    return where
                case {"x": int(x), **others}:
                    return x
                case _:
                    pass
            with open(command) as file, open(key) as other:
                lines = [line for line in file if (short := line.strip())]
            try:
                return lines[0]
            except* ValueError as error:
                raise KeyError from error
            finally:
                del short
            return lambda value, /: value + 1
        """
    )
    found = mutants(text)
    assert text.replace("> 1", ">= 1") in found
    assert text.replace("return where", "return command") in found
