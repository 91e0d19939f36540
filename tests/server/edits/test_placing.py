"""Where an edit lands that is slightly wrong, and when it does not: each tolerated mistake, and each refusal beside it."""

import pytest
from tercet_server.edits import ELISION, apply_edits, from_reply
from tercet_shared.errors import EditRefused

PATH = "src/app.py"


def block(old: str, new: str, path: str = PATH) -> str:
    return f"{path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"


def after(text: str, reply: str, path: str = PATH) -> str:
    (edit,) = from_reply(reply, {path: text}).changes.files
    return apply_edits(text, edit.edits)


def how(text: str, reply: str) -> list[str]:
    return [each.how for each in from_reply(reply, {PATH: text}).placements]


def refused(text: str, reply: str, path: str = PATH) -> EditRefused:
    with pytest.raises(EditRefused) as error:
        from_reply(reply, {path: text})
    return error.value


FUNCTION = """\
def first(items):
    # the first of the items, if any
    if not items:
        return None
    return items[0]
"""
LAST = FUNCTION.replace("items[0]", "items[-1]")


@pytest.mark.parametrize(
    ("old", "new", "tier"),
    [
        ("    return items[0]\n", "    return items[-1]\n", "exact"),
        ("    return items[0]   \n", "    return items[-1]\n", "trailing"),
        ("return items[0]\n", "return items[-1]\n", "indentation"),
        ("\treturn items[0]\n", "\treturn items[-1]\n", "indentation"),
        ("        return None\n    return items[0]\n", "        return None\n    return items[-1]\n", "exact"),
        ("\t\treturn None\n\treturn items[0]\n", "\t\treturn None\n\treturn items[-1]\n", "indentation"),
        ("      return None\n  return items[0]\n", "      return None\n  return items[-1]\n", "indentation"),
        ("    return  items[0]\n", "    return items[-1]\n", "typography"),
        ("    return\u00a0items[0]\n", "    return items[-1]\n", "typography"),
        ("\n    return items[0]\n", "    return items[-1]\n", "gapped"),
        ("        return None\n\n    return items[0]\n", "        return None\n\n    return items[-1]\n", "gapped"),
        (FUNCTION.replace("the items", "these items"), LAST.replace("the items", "these items"), "gapped"),
        (
            "def first(items):\n    if not items:\n        return None\n    return items[0]\n",
            "def first(items):\n    if not items:\n        return None\n    return items[-1]\n",
            "gapped",
        ),
        (
            "def first(items):\n    ...\n    return items[0]\n",
            "def first(items):\n    ...\n    return items[-1]\n",
            "elided",
        ),
        (
            f"def first(items):\n{ELISION} 3 lines\n    return items[0]\n",
            f"def first(items):\n{ELISION} 3 lines\n    return items[-1]\n",
            "elided",
        ),
        (
            "def first(items):\n    # ... existing code ...\n    return items[0]\n",
            "def first(items):\n    # ... existing code ...\n    return items[-1]\n",
            "elided",
        ),
    ],
)
def test_the_intended_line_changes_and_no_other(old: str, new: str, tier: str):
    reply = block(old, new)
    assert after(FUNCTION, reply) == LAST
    assert how(FUNCTION, reply) == [tier]


def test_an_elision_in_the_new_text_alone_keeps_the_lines_between():
    new = "def first(items):\n    # ... existing code ...\n    return items[0]\n\n\nfirst([])\n"
    assert after(FUNCTION, block(FUNCTION, new)) == f"{FUNCTION}\n\nfirst([])\n"


def test_an_elision_that_stands_for_changed_lines_is_refused():
    reply = block(FUNCTION, "def first(items, default):\n    # ... rest unchanged ...\n    return default\n")
    assert refused(FUNCTION, reply).data["reason"] == "elided"


def test_three_dots_that_are_in_the_file_are_text():
    stub = "class Shelf:\n    ...\n\n\nclass Box:\n    ...\n"
    assert after(stub, block("class Box:\n    ...\n", "class Box:\n    size = 1\n")) == stub.replace(
        "Box:\n    ...", "Box:\n    size = 1"
    )


@pytest.mark.parametrize(
    ("text", "old", "new", "expected"),
    [
        (
            "{\n\tif (ready) {\n\t\tbegin();\n\t}\n}\n",
            "    if (ready) {\n        begin();\n",
            "    if (ready) {\n        if (c) {\n            begin();\n        }\n",
            "{\n\tif (ready) {\n\t\tif (c) {\n\t\t\tbegin();\n\t\t}\n\t}\n}\n",
        ),
        (
            "{\n    if (ready) {\n        begin();\n    }\n}\n",
            "\tif (ready) {\n\t\tbegin();\n",
            "\tif (ready) {\n\t\tbegin();\n\t\tc();\n",
            "{\n    if (ready) {\n        begin();\n        c();\n    }\n}\n",
        ),
        (
            "{\n    if (ready) {\n        begin();\n    }\n}\n",
            "  if (ready) {\n    begin();\n",
            "  if (ready) {\n    begin();\n    if (c)\n      d();\n",
            "{\n    if (ready) {\n        begin();\n        if (c)\n            d();\n    }\n}\n",
        ),
        (
            "class A:\n    def f(self):\n        return 1\n",
            "def f(self):\n    return 1\n",
            "def f(self):\n    if x:\n        return 2\n    return 1\n",
            "class A:\n    def f(self):\n        if x:\n            return 2\n        return 1\n",
        ),
        (
            "if a:\n    begin()\n    commit()\n",
            "    begin()\n    commit()\n",
            "    with d:\n        begin()\n        commit()\n",
            "if a:\n    with d:\n        begin()\n        commit()\n",
        ),
    ],
)
def test_new_lines_take_the_indentation_of_the_file(text: str, old: str, new: str, expected: str):
    assert after(text, block(old, new)) == expected


def test_a_depth_that_nothing_explains_is_refused():
    text = "all:\n  one: 1\n      two: 2\n   three: 3\n"
    reply = block(" one: 1\ntwo: 2\n  three: 3\n", " one: 1\ntwo: 2\n     four: 4\n  three: 3\n")
    assert refused(text, reply).data["reason"] == "indentation"


def test_quotes_of_the_file_are_kept_and_used():
    text = "print('a')\nprint(\"b\")\n"
    assert after(text, block("print(‘a’)\nprint(“b”)\n", "print(‘a’)\nprint(“c”)\n")) == "print('a')\nprint(\"c\")\n"
    typographic = "say(“a”)\n"
    assert after(typographic, block("say(“a”)\n", 'say("a")\n')) == 'say("a")\n'


def test_html_entities_are_text_only_if_the_file_has_them():
    reply = block("if a &lt; b &amp;&amp; c:\n", "if a &lt;= b:\n")
    assert after("if a < b && c:\n", reply) == "if a <= b:\n"
    assert after("if a &lt; b &amp;&amp; c:\n", reply) == "if a &lt;= b:\n"


def test_only_white_space_may_be_what_changes():
    assert after(
        "def f():\n        open_all()\n        end()\n", block("open_all()\nend()\n", "    open_all()\nend()\n")
    ) == ("def f():\n            open_all()\n        end()\n")
    spaced = "    open_it()\n    \n    close_it()\n"
    assert after(spaced, block("open_it()\n\nclose_it()\n", "open_it()\n\n\nclose_it()\n")) == spaced.replace(
        "    \n", "    \n\n"
    )


TWICE = "def a():\n    log_it()\n    run_it()\n\n\ndef b():\n    log_it()\n    run_it()\n"


def test_what_fits_twice_is_refused_with_both_places():
    error = refused(TWICE, block("    log_it()\n    run_it()\n", "    run_it()\n"))
    assert error.data["reason"] == "ambiguous"
    assert error.data["candidates"] == ["2 |     log_it()", "3 |     run_it()", "7 |     log_it()", "8 |     run_it()"]
    assert "lines 2, 7" in error.sentence or "line 2, 7" in error.sentence
    assert refused(TWICE, block("log_it()\nrun_it()\n", "run_it()\n")).data["reason"] == "ambiguous"


@pytest.mark.parametrize(
    "reply",
    [
        f"--- a/{PATH}\n+++ b/{PATH}\n@@ -7,2 +7,1 @@\n-    log_it()\n     run_it()\n",
        f"*** Begin Patch\n*** Update File: {PATH}\n@@ def b():\n-    log_it()\n     run_it()\n*** End Patch\n",
        f"*** Begin Patch\n*** Update File: {PATH}\n@@\n-    log_it()\n     run_it()\n*** End of File\n*** End Patch\n",
        f"{PATH}\n<<<<<<< SEARCH\n:start_line:7\n-------\n    log_it()\n    run_it()\n=======\n    run_it()\n>>>>>>> REPLACE\n",
        f'{{"path": "{PATH}", "old": "    log_it()\\n", "new": "", "line": 7}}',
        block("def b():\n...\n    log_it()\n    run_it()\n", "def b():\n...\n    run_it()\n"),
    ],
)
def test_a_number_or_the_definition_around_decides(reply: str):
    assert after(TWICE, reply) == TWICE.removesuffix("    log_it()\n    run_it()\n") + "    run_it()\n"


def test_a_number_that_is_nearly_right_decides_nothing():
    reply = f"--- a/{PATH}\n+++ b/{PATH}\n@@ -6,2 +6,1 @@\n-    log_it()\n     run_it()\n"
    assert refused(TWICE, reply).data["reason"] == "ambiguous"


def test_lines_above_the_definition_named_are_another_place():
    text = "def a():\n    log()\n\n\ndef b():\n    run()\n"
    reply = f"*** Begin Patch\n*** Update File: {PATH}\n@@ def b():\n-    log()\n*** End Patch\n"
    error = refused(text, reply)
    assert error.data["reason"] == "stale"
    assert "above `def b():`" in error.sentence


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "    if not items:\n        return 0\n",
            "    if not items:\n        return []\n",
        ),  # the line to replace differs
        ("    if not items:\n        raise KeyError\n    return items[0]\n", "    return items[0]\n"),
        ("def first(things):\n    # the first of the items, if any\n", "def first(things):\n"),
        ("def last(items):\n    return items[0]\n", "def last(items):\n    return items[-1]\n"),
        ("    if not items:\n    return items[0]\n", "    if not items:\n        return 1\n    return items[0]\n"),
    ],
)
def test_a_text_that_has_changed_since_is_refused_with_the_nearest_lines(old: str, new: str):
    error = refused(FUNCTION, block(old, new))
    assert error.data["reason"] == "stale"
    assert any(line in error.sentence for line in error.data.get("candidates", ["line "]))
    assert error.data["path"] == PATH


def test_a_look_alike_is_not_taken():
    text = "def load_user(db):\n    row = db.get('user')\n    check(row)\n    return row\n"
    old = "def load_order(db):\n    row = db.get('order')\n    check(row)\n    return row\n"
    assert refused(text, block(old, old.replace("return row", "return dict(row)"))).data["reason"] == "stale"
    comment = "def f(x):\n    # the cache of user_a rows\n    check(x)\n    run(x)\n    return x\n"
    other = comment.replace("user_a", "user_b")
    assert refused(comment, block(other, other.replace("run(x)", "go(x)"))).data["reason"] == "stale"


def test_nothing_alike_says_so():
    error = refused(FUNCTION, block("SELECT * FROM users WHERE id = 7;\n", "x\n"))
    assert "Nothing in the file is like" in error.sentence


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    return items[0]\n", "    return items[-1]\n"),
        ("    if not items:\n        return None\n", "    if not items:\n        return None\n    log(items)\n"),
        ("def first(items):\n", "def first(items):\n    check_items(items)\n"),
        ("    return items[0]\n", "    log_all(items)\n    return items[0]\n"),
        (
            "def first(items):\n    # the first of the items, if any\n    if not items:\n",
            "def first(items):\n    if not items:\n",
        ),
    ],
)
def test_what_is_there_already_is_refused_as_such(old: str, new: str):
    reply = block(old, new)
    once = after(FUNCTION, reply)
    error = refused(once, reply)
    assert error.data["reason"] == "already_applied"


SHELF = """\
class Shelf:
    def put(self, book):
        self.books.append(book)

    def take(self, book):
        self.books.remove(book)
        return book


class Box:
    def open(self):
        self.is_open = True
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\nclass Box:\n", "\nclass Shelf:\n    limit = 10\n\n\nclass Box:\n"),  # the file has that class
        ("        self.is_open = True\n", "        self.is_open = True\n\n    def open(self):\n        unlock()\n"),
        ("        self.books.remove(book)\n", "        self.books.remove(book)\n        return book\n"),
        (
            "class Box:\n",
            "    def take(self, book):\n        self.books.remove(book)\n        return book\n\n\nclass Box:\n",
        ),
    ],
)
def test_what_would_stand_there_twice_is_refused(old: str, new: str):
    assert refused(SHELF, block(old, new)).data["reason"] == "already_applied"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "        self.is_open = True\n",
            "        self.is_open = True\n\n    def take(self, book):\n        return book\n",
        ),
        (
            "        return book\n",
            "        return book\n\n    def takes(self, book):\n        self.books.remove(book)\n",
        ),
        ("class Shelf:\n    def put(self, book):\n", "class Shelf:\n    limit = 10\n\n    def put(self, book):\n"),
    ],
)
def test_the_same_name_in_another_class_or_a_similar_one_is_no_repetition(old: str, new: str):
    assert after(SHELF, block(old, new)) == SHELF.replace(old, new)


def test_a_block_may_be_moved_within_a_reply():
    put = "    def put(self, book):\n        self.books.append(book)\n\n"
    away = block(f"class Shelf:\n{put}", "class Shelf:\n")
    there = block("        return book\n", f"        return book\n\n{put.removesuffix(chr(10))}")
    moved = SHELF.replace(put, "").replace(
        "        return book\n", f"        return book\n\n{put.removesuffix(chr(10))}"
    )
    assert after(SHELF, away + there) == moved
    assert after(SHELF, there + away) == moved


def test_lines_that_say_nothing_need_a_hint():
    text = "f() {\n  a();\n}\n\n}\n\ng();\n"
    reply = f"--- a/{PATH}\n+++ b/{PATH}\n@@ -3,3 +3,3 @@\n }}\n \n-}}\n+}};\n"
    assert after(text, reply) == text.replace("\n\n}\n", "\n\n};\n")
    error = refused(text, reply.replace("-3,3", "-4,3"))
    assert error.data["reason"] == "no_context"
    assert after("f() {\n}\n", block("}\n", "  a();\n}\n")) == "f() {\n  a();\n}\n"  # the end of the file


def test_a_few_characters_are_looked_for_as_they_are_written():
    assert refused("if a:\n        go()\n", block("go()\n", "run()\n")).data["reason"] == "stale"


def test_an_edit_that_is_there_already_does_not_keep_the_others_from_landing():
    reply = block("    return items[1]\n", "    return items[0]\n") + block("def first(items):\n", "def head(items):\n")
    assert after(FUNCTION, reply) == FUNCTION.replace("def first", "def head")
    assert how(FUNCTION, reply) == ["present", "exact"]


def test_all_refusals_of_a_reply_are_told_and_nothing_lands():
    reply = block("    return items[0]\n", "    return 1\n") + block("x = 1\n", "x = 2\n") + block("y = 1\n", "y = 2\n")
    error = refused(FUNCTION, reply)
    assert [each["reason"] for each in error.data["refusals"]] == ["stale", "stale"]
    assert error.sentence.startswith("Nothing was changed")


def test_an_unknown_line_where_text_is_inserted_or_replaced_is_no_gap():
    text = "alpha_one()\nbeta_two()\ngamma_three()\ndelta_four()\nepsilon_five()\nzeta_six()\n"
    old = "alpha_one()\nbeta_two()\ndelta_four()\nepsilon_five()\nzeta_six()\n"
    inserted = old.replace("beta_two()\n", "beta_two()\nnew_call()\n")
    assert "stands line 3: `gamma_three()`" in refused(text, block(old, inserted)).sentence
    replaced = "alpha_one()\nother_call()\nepsilon_five()\nzeta_six()\n"
    assert "line 3: `gamma_three()`" in refused(text, block(old, replaced)).sentence
