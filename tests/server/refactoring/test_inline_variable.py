"""A variable is inlined where making its value in its place is the same, and not where it may differ."""

import pytest
from tercet_shared.refactoring import RefactoringKind

from tests.doubles.marked_text import offer, refactored, refusal

KIND = RefactoringKind.INLINE_VARIABLE


def changed(text: str) -> str:
    return refactored(text, KIND)


@pytest.mark.parametrize(
    "text",
    [
        "def f(a):\n    «»x = a + 1\n\n    # twice\n    return x * 2\n",
        "def f(a):\n    x = a + 1\n\n    # twice\n    return «x» * 2\n",
        "def f(a):\n    x = a + 1\n\n    # twice\n    return x«» * 2\n",
    ],
)
def test_a_value_that_is_used_next_goes_where_it_is_used(text: str):
    assert changed(text) == "def f(a):\n\n    # twice\n    return (a + 1) * 2\n"


def test_a_constant_goes_everywhere():
    text = "def f(xs):\n    «»n = 5\n    print(xs)\n    return [x for x in xs if x > n], n.real, lambda: n\n"
    assert changed(text) == (
        "def f(xs):\n    print(xs)\n    return [x for x in xs if x > (5)], (5).real, lambda: (5)\n"
    )


def test_brackets_are_written_only_where_they_are_needed():
    assert changed("def f(a):\n    «»x = a + 1\n    return g(x)\n") == "def f(a):\n    return g(a + 1)\n"
    assert changed("def f(a):\n    «»x = a, 1\n    return g(x)\n") == "def f(a):\n    return g((a, 1))\n"
    assert (
        changed("def f(a):\n    «»x = (a +\n         1)\n    return g[x]\n")
        == "def f(a):\n    return g[a +\n         1]\n"
    )


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("«»x = a.b()\n    a.c()\n    return x", "statement that follows"),
        ("«»x = a.b()\n    return x, x", "more than once"),
        ("«»x = a.b()\n    return a.c(), x", "might make a difference"),
        ("«»x = a.b()\n    return a and x", "not always"),
        ("«»x = a.b()\n    return lambda: x", "comprehension or lambda"),
        ("«»x = a.b()\n    while x:\n        pass", "again and again"),
        ("«»x = a.b()\n    if a:\n        return x", "statement that follows"),
        ("«»x = a.b()\n    try:\n        return x\n    except KeyError:\n        pass", "statement that follows"),
        ("«»x = a.b()\n    assert x", "not always"),
        ("«»x = a + 1\n    a = a[x] = 5", "might make a difference"),
        ("«»x = 1\n    'text'\n    return x", "docstring"),
        ("«»x = 1\n    return a.query('b == @x'), x", "looks at all"),
        ("«»x = 1\n    x = 2\n    return x", "exactly one"),
        ("«»x = y = 1\n    return x", "exactly one"),
        ("«»x: int = 1\n    return x", "exactly one"),
        ("for «»x in a:\n        print(x)", "exactly one"),
        ("return «»a", "exactly one"),
        ("«»x = 1\n    del x", "exactly one"),
        ("«»x = 1\n    return a", "never read"),
        ("«»x = 1  # one\n    return x", "comment"),
        ("«»x = (  # one\n        1)\n    return x", "comment"),
        ("«»x = 1; y = x\n    return y", "shares a line"),
        ("«»x = 1\n    return f'{x}'", "f-string"),
        ("«»x = 1\n    return a is x", "`is`"),
        ("«»x = 'doc'\n    x\n    return a", "statement of its own"),
        ("«»x = 1\n    def g(b: x): ...\n    return g", "annotation"),
        ("«»x = 1\n    def g():\n        import x\n        return x\n    return g, x", "same name"),
        ("«»x = 1\n    return x, [x for x in a]", "same name"),
        ("«»x = (yield)\n    return x", "cannot be moved"),
        ("«»x = (y := a)\n    return y, x", "cannot be moved"),
        ("«»x = 1\n    return x, locals()", "looks at all"),
        ("if a:\n        «»x = 1\n    else:\n        pass\n    return x", "no way"),
    ],
)
def test_where_the_value_might_differ_it_is_refused(body: str, why: str):
    assert why in refusal(f"def f(a):\n    {body}\n", KIND)


@pytest.mark.parametrize(
    "text",
    ["«»x = 1\nprint(x)\n", "class A:\n    «»x = 1\n    y = x\n", "def f():\n    return «»print\n", "«»\n", "#«»\n"],
)
def test_what_is_no_variable_of_a_function_is_none_to_inline(text: str):
    assert offer(text, KIND) is None


def test_a_global_of_a_function_is_not_its_variable():
    assert offer("def f():\n    global x\n    «»x = 1\n    return x\n", KIND) is None
