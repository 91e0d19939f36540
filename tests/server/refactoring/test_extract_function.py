"""A function is extracted with all that it needs and gives back, and not where it is tied to the one that it came from."""

import pytest
from tercet_shared.refactoring import RefactoringKind

from tests.doubles.marked_text import offer, refactored, refusal

KIND = RefactoringKind.EXTRACT_FUNCTION


def changed(text: str) -> str:
    return refactored(text, KIND)


def test_statements_become_a_function_with_what_they_read_and_set():
    text = (
        "import os\n\n# adds up\ndef f(xs):\n    total = 0\n    for x in xs:\n        «y = x * 2  # twice\n"
        "        # on top\n        total += y»\n    return total\n"
    )
    assert changed(text) == (
        "import os\n\ndef _f_part(x, total):\n    y = x * 2  # twice\n    # on top\n    total += y\n    return total\n\n\n"
        "# adds up\ndef f(xs):\n    total = 0\n    for x in xs:\n        total = _f_part(x, total)\n    return total\n"
    )


def test_an_expression_becomes_a_function_that_is_called_in_its_place():
    text = "def f(xs, k):\n    return [«x * k» for x in xs if x and x > 2]\n"
    assert changed(text) == (
        "def _f_part(x, k):\n    return x * k\n\n\ndef f(xs, k):\n    return [_f_part(x, k) for x in xs if x and x > 2]\n"
    )


def test_out_of_a_method_it_is_a_function_of_the_file_too():
    text = (
        "import os\n\n\nclass A:\n\n    def m(self, q):\n"
        '        «v = self.p + q\n        w = """a\n  b""" * v»\n        return w\n'
    )
    assert changed(text) == (
        'import os\n\n\ndef _m_part(self, q):\n    v = self.p + q\n    w = """a\n  b""" * v\n    return w\n\n\n'
        "class A:\n\n    def m(self, q):\n        w = _m_part(self, q)\n        return w\n"
    )


def test_a_private_name_keeps_its_class():
    assert "private names" in refusal("class A:\n    def m(self):\n        return «self.__p + 1»\n", KIND)
    assert "return self.__p__ + 1" in changed("class A:\n    def m(self):\n        return «self.__p__ + 1»\n")


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("«x = a\n    y = x»\n    return x, y", "x, y = _f_part(a)"),
        ("«if a:\n        return 1\n    return 2»", "return _f_part(a)"),
        ("«if a:\n        return 1»", "return _f_part(a)"),
        ("«print(a)»\n    return 1", "_f_part(a)"),
        ("«raise ValueError(a)»", "_f_part(a)"),
        ("x = 1\n    «if a:\n        x = 2»\n    return x", "x = _f_part(a, x)"),
        ("for x in a:\n        «y = x»\n        print(y)\n    return 1", "y = _f_part(x)"),
        ("with open(a) as f:\n        x = f.read()\n    return «x + 'a'»", "return _f_part(x)"),
        ("try:\n        «x = a()»\n    except KeyError:\n        x = 1\n    return x", "x = _f_part(a)"),
        ("«y = sum(x for x in a if x > a[0])»\n    return y", "y = _f_part(a)"),
        ("«for x in a:\n        if x:\n            continue\n        break»\n    return 1", "_f_part(a)"),
        ("«y = sorted(a, key=lambda x: x < len(a))»\n    return y", "y = _f_part(a)"),
        ("while «a > 1»:\n        a -= 1", "while _f_part(a):"),
        ("return a and «a[0] + 1»", "return a and _f_part(a)"),
        ("return lambda b: «a + b»", "return lambda b: _f_part(a, b)"),
        ("match a:\n        case [x, *rest]:\n            return «x + len(rest)»", "return _f_part(x, rest)"),
        ("except_ = 1\n    return sum(«(x for x in a if x)»)", "return sum(_f_part(a))"),
    ],
)
def test_what_is_read_comes_in_and_what_is_read_later_goes_out(body: str, call: str):
    made = changed(f"def f(a):\n    {body}\n")
    assert f"    {call}\n" in made


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("«if a:\n        return 1»\n    return 2", "on some ways"),
        ("if b:\n        x = 1\n    «print(x)»", "`x` may not be set"),
        ("with b:\n        x = 1\n    «print(x)»", "`x` may not be set"),
        ("for x in b:\n        pass\n    «print(x)»", "`x` may not be set"),
        ("«if b:\n        x = 1»\n    return x", "`x` may not be set"),
        ("x = 1\n    del x\n    «print(x)»", "`x` may not be set"),
        ("try:\n        «x = 1\n        b()»\n    finally:\n        print(x)", "exception breaks it off"),
        ("with b:\n        «x = 1\n        b()»\n    print(x)", "exception breaks it off"),
        ("try:\n        «x = 1\n        return x»\n    finally:\n        print(x)", "exception breaks it off"),
        ("for x in b:\n        «if x:\n            break»", "jumps out"),
        ("for x in b:\n        «for y in x:\n            pass\n        else:\n            continue»", "jumps out"),
        ("«x = yield»\n    return x", "`yield`"),
        ("«x = 1»\n    return lambda: x", "elsewhere uses"),
        ("«fs = lambda: a»\n    a = 2\n    return fs", "may change meanwhile"),
        ("for x in b:\n        «b.append(lambda: x)»", "may change meanwhile"),
        ("«g = (x + a for x in b)»\n    a = 2\n    return list(g)", "may change meanwhile"),
        ("«def g(): ...»\n    return g", "defines a function"),
        ("«del a»", "`del`"),
        ("«x: int»\n    x = 1", "without setting"),
        ("«'doc'\n    a = 1»\n    return a", "docstring"),
        ("global x\n    «x = 1»", "not this function's own"),
        ("«super().m()»", "`super`"),
        ("«sys._getframe()»", "who calls it"),
        ("«whoever(a)»", "who calls it"),
        ("«x = locals()»\n    return x", "looks at all"),
        ("return 1\n    «print(a)»", "never reached"),
        ("x = 1; «y = a»", "shares a line"),
        ("«y = a»; x = 1", "shares a line"),
        ("if a: «y = a»", "shares a line"),
        (
            "e = a\n    «try:\n        b()\n    except KeyError as e:\n        pass»\n    return e",
            "`e` may not be set",
        ),
        ("try:\n        b()\n    except KeyError as e:\n        return lambda: «e.args»", "`e` may not be set"),
        ("return [«lambda: x» for x in b]", "comprehension or lambda"),
        ("if a:\n        «x = 1\n        b(x)»\n    else:\n        print(x)", "on another way"),
        ("global json\n    «import json»", "not this function's own"),
        ("try:\n        x = 0\n        «x, (y, z) = b»\n    finally:\n        print(x)", "exception breaks it off"),
        (
            "e = a\n    try:\n        b()\n    except KeyError as e:\n        return\n    finally:\n        «print(e)»",
            "`e` may not be set",
        ),
        ("a = b.query('x > @a')\n    «print(a)»", "looks at all"),
        ("return «a»", "nothing in it"),
        ("def g(n):\n        return «a + n»\n    return g", "around this one"),
        ("x: «list[int]» = b", "annotation"),
        ("«x = 1\n    y =» 2", "one block"),
        ("«a = 1\n    if a:\n        b()»\n        c()", "one block"),
    ],
)
def test_what_is_tied_to_its_function_stays_in_it(body: str, why: str):
    text = f"import sys\n\n\ndef whoever(a):\n    return sys._getframe(1)\n\n\ndef f(a, b):\n    {body}\n"
    assert why in refusal(text, KIND)


def test_a_variable_that_another_function_sets_is_not_handed_over():
    text = "def f():\n    n = 0\n    def g():\n        nonlocal n\n        n += 1\n        return n\n    return «g() + n»\n"
    assert "another function" in refusal(text, KIND)


def test_asynchronous_code_stays_where_it_is_and_the_rest_of_it_may_go():
    assert "`await`" in refusal("async def f(a):\n    return «await a + 1»\n", KIND)
    assert "`await`" in refusal("async def f(a):\n    «x = [b async for b in a]»\n    return x\n", KIND)
    assert "`await`" in refusal("async def f(a):\n    «x = [await b for b in a]»\n    return x\n", KIND)
    assert "generator returns nothing" in refusal("async def f(a):\n    yield a\n    «if a:\n        return»\n", KIND)
    assert "return await g(_f_part(a))\n" in changed("async def f(a):\n    return await g(«a.b + 1»)\n")


def test_where_a_file_goes_through_its_names_there_is_no_new_one():
    text = "def f(a):\n    return «a + 1»\n\n\nfor name in globals():\n    print(name)\n"
    assert "all of its names" in refusal(text, KIND)
    assert "all of its names" in refusal("import os\nprint(«os.sep * 2»)\nprint(dir())\n", KIND)


def test_a_compiled_function_calls_nothing_new():
    assert "compiles" in refusal("@numba.njit(cache=True)\ndef f(a):\n    return «a + 1»\n", KIND)


def test_at_the_top_of_a_file_only_expressions_are_extracted():
    assert "from within a function" in refusal("«x = 1\ny = 2»\n", KIND)
    assert changed("import os\nx = [«os.sep * n» for n in (1, 2)]\n") == (
        "import os\ndef _extracted(n):\n    return os.sep * n\n\n\nx = [_extracted(n) for n in (1, 2)]\n"
    )
    assert "names of the class" in refusal("class A:\n    x = 1\n    y = «x + 1»\n", KIND)


def test_tabs_are_kept_and_line_ends_too():
    made = changed(
        "class A:\n\tdef m(self):\n\t\tif self:\n\t\t\t«x = self.a\n\n\t\t\ty = [\n\t\t\t\tx]»\n\t\t\treturn y\n"
    )
    assert made.startswith("def _m_part(self):\n\tx = self.a\n\n\ty = [\n\t\tx]\n\treturn y\n")
    found = offer("def f(a):\r\n    return «a + 1»\r\n", KIND)
    assert found is not None
    assert found.edits[0].new_text == "def _f_part(a):\r\n    return a + 1\r\n\r\n\r\n"


def test_nothing_is_offered_for_a_cursor():
    assert offer("def f(a):\n    return «»a\n", KIND) is None
