"""A variable is extracted where its value is the same a statement earlier, and not where it may differ."""

import pytest
from tercet_shared.refactoring import RefactoringKind

from tests.doubles.marked_text import offer, refactored, refusal

KIND = RefactoringKind.EXTRACT_VARIABLE


def changed(text: str) -> str:
    return refactored(text, KIND)


def test_an_expression_gets_a_name_before_its_statement():
    text = "def area(box):\n    # the surface\n    return «box.width * 2» + 1  # twice\n"
    assert changed(text) == (
        "def area(box):\n    # the surface\n    value = box.width * 2\n    return value + 1  # twice\n"
    )


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("get_user(n)", "user"),
        ("n.Owner", "owner"),
        ("n['size']", "size"),
        ("n.owner()", "owner"),
        ("n.list", "value"),
        ("n.get_class()", "value"),
        ("n.taken", "taken_2"),
        ("n + 1", "value"),
        ("n.naïve", "value"),
    ],
)
def test_it_is_called_by_what_it_is_and_never_like_something_else(code: str, name: str):
    made = changed(f"def f(n):\n    taken = 0\n    return print(«{code}», taken)\n")
    assert made == f"def f(n):\n    taken = 0\n    {name} = {code}\n    return print({name}, taken)\n"


def test_several_lines_with_their_comments_are_kept_as_they_are():
    text = 'def f(a, b):\n    x = («a.one  # first\n        + b»)\n    return x, """\n  text"""\n'
    assert changed(text) == (
        'def f(a, b):\n    value = (a.one  # first\n        + b)\n    x = (value)\n    return x, """\n  text"""\n'
    )


def test_brackets_around_the_selection_and_a_generator_s_own():
    assert "value = a + 1\n    return (value) * 2" in changed("def f(a):\n    return «(a + 1)» * 2\n")
    made = changed("def f(xs):\n    return sum(«(x for x in xs)»)\n")
    assert made == "def f(xs):\n    value = (x for x in xs)\n    return sum(value)\n"


def test_what_a_module_does_at_its_top_gets_a_private_name():
    assert changed("import os\nprint(«os.getcwd()»)\n") == "import os\n_getcwd = os.getcwd()\nprint(_getcwd)\n"


def test_line_ends_and_columns_are_those_of_the_text():
    text = "def f(a):\r\n    return 'ä€😀', «a.b», a\r\n"
    found = offer(text, KIND)
    assert found is not None
    insertion, use = found.edits
    assert (insertion.new_text, use.new_text) == ("    b = a.b\r\n", "b")
    assert (use.range.start.character, use.range.end.character) == (18, 21)


@pytest.mark.parametrize(
    "statement",
    [
        "if «g(a)»:\n        pass",
        "for x in «g(a)»:\n        pass",
        "with «g(a)» as x:\n        pass",
        "x = [y for y in «g(a)»]",
        "a[«g(a)»] = 1",
        "a += «g(a)»",
        "raise «g(a)» from None",
        "return [1, a, «g(a)»]",
        "return 1 if «g(a)» else 2",
        "return math.floor(«g(a)»)",
        "return os.path.join(a, «g(a)»)",
        "a[0] = a[1] = «g(a)»",
        "match «g(a)»:\n        case _:\n            pass",
        "return a, {1: a, 2: «g(a)»}",
    ],
)
def test_where_it_is_evaluated_once_and_first(statement: str):
    made = changed(f"import math\nimport os\n\n\ndef f(a):\n    {statement}\n")
    assert "    g_2 = g(a)\n    " in made or "    value = g(a)\n    " in made


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("return a and «g(a)»", "not always"),
        ("return 1 if a else «g(a)»", "not always"),
        ("return 1 < a < «g(a)»", "not always"),
        ("assert «g(a)»", "not always"),
        ("assert a, «g(a)»", "not always"),
        ("while «g(a)»:\n        pass", "again and again"),
        ("return [«g(x)» for x in a]", "comprehension or lambda"),
        ("return [x for x in a for y in «g(x)»]", "comprehension or lambda"),
        ("return lambda: «g(a)»", "comprehension or lambda"),
        ("if a:\n        pass\n    elif «g(a)»:\n        pass", "elif"),
        ("x = 1; y = «g(a)»", "shares a line"),
        ("with a, «g(a)»:\n        pass", "just before"),
        ("return h(), «g(a)»", "might make a difference"),
        ("return a.b, «g(a)»", "might make a difference"),
        ("return [*a, «g(a)»]", "might make a difference"),
        ("return (x := 1) + «g(x)»", "might make a difference"),
        ("return a[0], «a[1]»", "might make a difference"),
        ("return {**a, 1: «g(a)»}", "just before"),
        ("return g(**a, b=«g(a)»)", "just before"),
        ("a = a[«a + 1»] = 5", "might make a difference"),
        ("a[0] = a[«a.b»] = 5", "might make a difference"),
        ("(a.b, a[«a.b»]) = g", "might make a difference"),
        ("return math.state + «g(a)»", "might make a difference"),
        ("return math.state.write(«g(a)»)", "might make a difference"),
        ("a.b += «g(a)»", "might make a difference"),
        ("return «(x := a)»", "assignment"),
        ("return «(yield)»", "yield"),
        ("def g(x=«a.b»):\n        pass", "definition"),
        ("x: «list[int]» = a", "annotation"),
        ("match a:\n        case «math.pi»:\n            pass", "pattern"),
        ("del a[«g(a)»]", "definition"),
        ("«a.b» = 1", "no value"),
        ("«g(a)»", "change nothing"),
        ("return «a»", "change nothing"),
        ("return «a + 1 »+ 2", ""),
        ("return 1 + «a + 2»", "one whole expression"),
        ("return f'{«a.b»}'", "one whole expression"),
        ("return g(a, «a.b», locals())", "looks at all"),
    ],
)
def test_where_its_value_or_its_evaluation_might_differ_it_is_refused(statement: str, why: str):
    text = f"import math\n\n\ndef f(a):\n    {statement}\n"
    if why:
        assert why in refusal(text, KIND)
    else:
        assert changed(text)


def test_a_name_that_a_call_may_set_is_read_where_it_was():
    text = "def f():\n    def g():\n        nonlocal n\n        n += 1\n    n = 0\n    return n + «g()»\n"
    assert "might make a difference" in refusal(text, KIND)
    assert changed(text.replace("nonlocal n\n        n += 1", "return 1"))


def test_what_has_the_name_of_a_module_is_not_taken_for_one():
    text = "import json\n\n\ndef f(a{}):\n    return json.loads(«a.read()»)\n"
    assert changed(text.format(""))
    assert "might make a difference" in refusal(text.format(", json"), KIND)


def test_an_attribute_of_a_class_is_no_variable():
    assert "attribute of the class" in refusal("class A:\n    x = 1 + «len('a')»\n", KIND)


def test_nothing_is_offered_for_a_cursor_or_for_statements():
    assert offer("def f(a):\n    return «»a.b\n", KIND) is None
    assert offer("def f(a):\n    «x = 1\n    y = 2»\n", KIND) is None


def test_a_word_that_would_grow_together_with_its_neighbour_is_kept_apart():
    assert "return(value)" in changed("def f(a):\n    return«(a.b + 1)»\n")
