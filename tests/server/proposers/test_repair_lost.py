"""What was lost is put back from what the rest of the file tells."""

import itertools

import pytest
from tercet_server.proposers.repair.rank import ranked_mutations
from tercet_server.proposers.repair.subject import Subject

from tests.server.proposers.test_repair_operators import mutants

REPAIRS = {
    "parameter that nothing reads": (
        "class A:\n    def __init__(self, size):\n        self.size = None\n",
        "self.size = None",
        "self.size = size",
    ),
    "what the same name is given elsewhere": (
        "def f(x):\n    key = x.split('/')[0]\n    return key\n\n\ndef g(x):\n    key = None\n    return key, x\n",
        "key = None",
        "key = x.split('/')[0]",
    ),
    "what the same attribute is given elsewhere": (
        "class A:\n    def f(self):\n        self.n = None\n\n    def g(self):\n        self.n = dict()\n",
        "self.n = None",
        "self.n = dict()",
    ),
    "call of what nothing reads": (
        "def f(x):\n    y = None\n    return y\n\n\ndef g(z):\n    return z.strip()\n",
        "y = None",
        "y = x.strip()",
    ),
    "call with all that nothing reads": (
        "def f(x):\n    left = x[0]\n    right = x[1]\n    y = None\n    return y\n\n\n"
        "def order(one, two):\n    return one < two\n",
        "y = None",
        "y = order(left, right)",
    ),
    "loop over nothing": ("def f(xs):\n    for x in []:\n        print(x)\n", "in []", "in xs"),
    "lambda": ("f = lambda x: None\n", "x: None", "x: x"),
    "another lambda": ("f = lambda x: None\ng = lambda x: -x\n", "x: None", "x: -x"),
    "decorated text": ("def f(x):\n    return x + '__key__'\n", "'__key__'", "'key'"),
    "decorated template": ("def f(x):\n    return f'<<{x}<<'\n", "f'<<{x}<<'", "f'{x}'"),
    "superfluous end": ("def f(x):\n    return x + 'keys'\n", "'keys'", "'key'"),
    "class method": (
        "class A:\n    def of(cls, x):\n        return cls(x)\n",
        "    def of",
        "    @classmethod\n    def of",
    ),
    "static method": ("class A:\n    def of(x):\n        return x\n", "    def of", "    @staticmethod\n    def of"),
    "property": ("class A:\n    def x(self):\n        return 1\n", "    def x", "    @property\n    def x"),
    "decorator of the file": (
        "@cache\ndef f(x):\n    return x\n\n\ndef g(x):\n    return x\n",
        "def g",
        "@cache\ndef g",
    ),
    "exception": (
        "def f(x):\n    try:\n        return x[0]\n    except OSError:\n        return 1\n",
        "OSError",
        "IndexError",
    ),
    "keyword": (
        "def f(x, size=1):\n    return x\n\n\ndef g(x):\n    return f(x, sizes=2)\n",
        "sizes=2",
        "size=2",
    ),
    "negation": ("def f(x):\n    y = x.done\n    return y\n", "y = x.done", "y = not x.done"),
    "sign": ("def f(x):\n    return +x\n", "+x", "-x"),
    "text or nothing": ("def f(x=1):\n    y = ''\n    return y\n", "''", "None"),
    "fraction": ("def f(x):\n    return x * 1.5\n", "1.5", "0.5"),
    "attribute of the same name": ("def f(x):\n    size = None\n    return size + x.size\n", "None", "x.size"),
    "name alike": ("no_key = object()\n\n\ndef f(x):\n    key = None\n    return x[key]\n", "None", "no_key"),
    "put through what is handed in": ("def f(x, change):\n    x = None\n    return x\n", "None", "change(x)"),
    "of two that nothing reads": ("def f(x, y):\n    z = None\n    return z\n", "None", "x - y"),
    "handed on": ("def f(*args, **kwargs):\n    r = None\n    return g(r)\n", "None", "g(*args, **kwargs)"),
    "attributes unpacked": ("def f(x):\n    a, b = None\n    return a + b + x.a\n", "None", "x.a, x.b"),
    "head and rest": ("def f(x):\n    a, b = None\n    return a, b\n", "None", "x[0], x[1:]"),
    "unpacked alike": (
        "def f(x):\n    a, b = x.pair\n    return a, b\n\n\ndef g(x):\n    a, b = None\n    return a, b\n",
        "None",
        "x.pair",
    ),
    "walked over elsewhere": (
        "def f(x):\n    for part in x.parts:\n        yield part\n\n\ndef g(x):\n    for part in []:\n        yield part, x\n",
        "[]",
        "x.parts",
    ),
    "walked over by its plural": (
        "def f(words, y):\n    return [word for word in [] if word != y and words]\n",
        "[]",
        "words",
    ),
    "caught among others": (
        "def f(x):\n    try:\n        return x()\n    except (KeyError, Odd):\n        return None\n",
        "Odd",
        "IndexError",
    ),
    "negative number": ("def f(x):\n    return x[-1]\n", "-1", "0"),
    "joined sets": ("def f(x, y):\n    x = y\n    return x\n", "x = y", "x |= y"),
}


@pytest.mark.parametrize(("text", "old", "new"), REPAIRS.values(), ids=REPAIRS)
def test_what_was_lost_is_put_back(text: str, old: str, new: str) -> None:
    assert text.count(old) == 1
    assert text.replace(old, new) in mutants(text)


def test_methods_that_need_no_decorator_are_not_asked_for_one() -> None:
    text = "class A:\n    def __new__(cls):\n        return 1\n"
    assert not any("@" in mutant for mutant in mutants(text))


def test_a_name_that_nothing_reads_comes_before_those_in_use() -> None:
    text = "class A:\n    def f(self, one, two):\n        self.two = None\n        return one\n"
    best = [each.mutation.apply(text) for each in ranked_mutations(Subject.of(text), {2: 1.0})]
    assert best.index(text.replace("None", "two")) < best.index(text.replace("None", "one"))


def test_what_a_suspicious_line_reads_is_suspected_where_the_module_or_class_assigns_it() -> None:
    text = (
        "LIMITS = {\n    'a': 10,\n}\nOTHER = 3\n\n\nclass A:\n    size = 4\n\n"
        "    def f(self):\n        return LIMITS['a'] + self.size\n"
    )
    found = [each.mutation.apply(text) for each in ranked_mutations(Subject.of(text), {10: 1.0})]
    assert text.replace("10", "11") in found
    assert text.replace("4", "5") in found
    assert text.replace("OTHER = 3", "OTHER = 4") not in found


OPERATORS = ("+", "-", "*", "/", "//", "%", "**", "<<", ">>", "&", "|", "^")
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=", "is", "is not", "in", "not in")


@pytest.mark.parametrize(
    ("wrong", "right"), [pair for signs in (OPERATORS, COMPARISONS) for pair in itertools.permutations(signs, 2)]
)
def test_any_operator_can_become_any_other(wrong: str, right: str) -> None:
    text = "def f(x, y):\n    return x {} y\n"
    assert text.format(right) in mutants(text.format(wrong))
