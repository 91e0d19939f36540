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
            "{\n\tif (a) {\n\t\tb();\n\t}\n}\n",
            "    if (a) {\n        b();\n",
            "    if (a) {\n        if (c) {\n            b();\n        }\n",
            "{\n\tif (a) {\n\t\tif (c) {\n\t\t\tb();\n\t\t}\n\t}\n}\n",
        ),
        (
            "{\n    if (a) {\n        b();\n    }\n}\n",
            "\tif (a) {\n\t\tb();\n",
            "\tif (a) {\n\t\tb();\n\t\tc();\n",
            "{\n    if (a) {\n        b();\n        c();\n    }\n}\n",
        ),
        (
            "{\n    if (a) {\n        b();\n    }\n}\n",
            "  if (a) {\n    b();\n",
            "  if (a) {\n    b();\n    if (c)\n      d();\n",
            "{\n    if (a) {\n        b();\n        if (c)\n            d();\n    }\n}\n",
        ),
        (
            "class A:\n    def f(self):\n        return 1\n",
            "def f(self):\n    return 1\n",
            "def f(self):\n    if x:\n        return 2\n    return 1\n",
            "class A:\n    def f(self):\n        if x:\n            return 2\n        return 1\n",
        ),
        (
            "if a:\n    b()\n    c()\n",
            "    b()\n    c()\n",
            "    with d:\n        b()\n        c()\n",
            "if a:\n    with d:\n        b()\n        c()\n",
        ),
    ],
)
def test_new_lines_take_the_indentation_of_the_file(text: str, old: str, new: str, expected: str):
    assert after(text, block(old, new)) == expected


def test_a_depth_that_nothing_explains_is_refused():
    text = "a:\n  b: 1\n      c: 2\n   d: 3\n"
    reply = block(" b: 1\nc: 2\n  d: 3\n", " b: 1\nc: 2\n     e: 4\n  d: 3\n")
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
    assert after("def f():\n        a()\n", block("a()\n", "    a()\n")) == "def f():\n            a()\n"
    assert after("    a()\n    \n    b()\n", block("a()\n\nb()\n", "a()\n\n\nb()\n")) == "    a()\n    \n\n    b()\n"


TWICE = "def a():\n    log()\n    run()\n\n\ndef b():\n    log()\n    run()\n"


def test_what_fits_twice_is_refused_with_both_places():
    error = refused(TWICE, block("    log()\n    run()\n", "    run()\n"))
    assert error.data["reason"] == "ambiguous"
    assert error.data["candidates"] == ["2 |     log()", "3 |     run()", "7 |     log()", "8 |     run()"]
    assert "lines 2, 7" in error.sentence or "line 2, 7" in error.sentence
    assert refused(TWICE, block("log()\nrun()\n", "run()\n")).data["reason"] == "ambiguous"


@pytest.mark.parametrize(
    "reply",
    [
        f"--- a/{PATH}\n+++ b/{PATH}\n@@ -7,2 +7,1 @@\n-    log()\n     run()\n",
        f"*** Begin Patch\n*** Update File: {PATH}\n@@ def b():\n-    log()\n     run()\n*** End Patch\n",
        f"*** Begin Patch\n*** Update File: {PATH}\n@@\n-    log()\n     run()\n*** End of File\n*** End Patch\n",
        f"{PATH}\n<<<<<<< SEARCH\n:start_line:7\n-------\n    log()\n    run()\n=======\n    run()\n>>>>>>> REPLACE\n",
        f'{{"path": "{PATH}", "old": "    log()\\n", "new": "", "line": 7}}',
        block("def b():\n...\n    log()\n    run()\n", "def b():\n...\n    run()\n"),
    ],
)
def test_a_number_or_the_definition_around_decides(reply: str):
    assert after(TWICE, reply) == TWICE.removesuffix("    log()\n    run()\n") + "    run()\n"


def test_a_number_that_is_nearly_right_decides_nothing():
    reply = f"--- a/{PATH}\n+++ b/{PATH}\n@@ -6,2 +6,1 @@\n-    log()\n     run()\n"
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


def test_an_edit_that_is_there_already_does_not_keep_the_others_from_landing():
    reply = block("    return items[1]\n", "    return items[0]\n") + block("def first(items):\n", "def head(items):\n")
    assert after(FUNCTION, reply) == FUNCTION.replace("def first", "def head")
    assert how(FUNCTION, reply) == ["present", "exact"]


def test_all_refusals_of_a_reply_are_told_and_nothing_lands():
    reply = block("    return items[0]\n", "    return 1\n") + block("x = 1\n", "x = 2\n") + block("y = 1\n", "y = 2\n")
    error = refused(FUNCTION, reply)
    assert [each["reason"] for each in error.data["refusals"]] == ["stale", "stale"]
    assert error.sentence.startswith("Nothing was changed")


@pytest.mark.parametrize(
    "named",
    [
        "src/app.py",
        "./src/app.py",
        "/home/me/project/src/app.py",
        "app.py",
        "src/App.py",
        "src\\app.py",
        "project/src/app.py",
    ],
)
def test_a_path_that_can_only_mean_one_file_is_corrected(named: str):
    files = {PATH: FUNCTION, "docs/index.md": "# Docs\n"}
    (edit,) = from_reply(block("    return items[0]\n", "    return 1\n", named), files).changes.files
    assert edit.path == PATH


@pytest.mark.parametrize(
    ("named", "candidates"),
    [
        ("app.py", ["lib/app.py", "src/app.py"]),
        ("src/ap.py", ["src/app.py"]),
        ("other/setup.py", ["setup.py"]),
        ("tests/app.py", ["lib/app.py", "src/app.py"]),
    ],
)
def test_a_path_that_means_no_file_or_several_is_refused_with_the_nearest(named: str, candidates: list[str]):
    files = {PATH: FUNCTION, "lib/app.py": FUNCTION, "setup.py": FUNCTION}
    with pytest.raises(EditRefused) as error:
        from_reply(block("    return items[0]\n", "    return 1\n", named), files)
    assert error.value.data["reason"] == "no_file"
    assert sorted(error.value.data["candidates"][: len(candidates)]) == candidates


@pytest.mark.parametrize("named", ["../x.py", "/etc/passwd", "C:/x.py", "a//b.py"])
def test_no_file_is_created_outside_the_workspace(named: str):
    with pytest.raises(EditRefused) as error:
        from_reply(f"*** Begin Patch\n*** Add File: {named}\n+x\n*** End Patch\n", {})
    assert error.value.data["reason"] == "no_file"


def test_an_edit_by_line_numbers_wants_the_exact_name_and_range():
    files = {PATH: FUNCTION, "b.py": "x\n"}
    for edit in (
        '{"path": "app.py", "start_line": 1, "end_line": 1, "new": "x"}',
        '{"start_line": 1, "end_line": 1, "new": "x"}',
    ):
        with pytest.raises(EditRefused) as error:
            from_reply(edit, files)
        assert error.value.data["reason"] == "no_file"
    with pytest.raises(EditRefused) as error:
        from_reply(f'{{"path": "{PATH}", "start_line": 9, "end_line": 12, "new": "x"}}', files)
    assert error.value.data["reason"] == "stale"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = 1\r\nb = 2\r\nc = 3\r\n", "a = 1\r\nb = 3\r\nd = 4\r\nc = 3\r\n"),
        ("a = 1\nb = 2\r\nc = 3\n", "a = 1\nb = 3\r\nd = 4\r\nc = 3\n"),
        ("a = 1\rb = 2\rc = 3\r", "a = 1\rb = 3\rd = 4\rc = 3\r"),
        ("a = 1\nb = 2\nc = 3", "a = 1\nb = 3\nd = 4\nc = 3"),
        ("a = 1\nb = 2", "a = 1\nb = 3\nd = 4"),
        ("b = 2", "b = 3\nd = 4"),
    ],
)
def test_line_ends_stay_as_they_are(text: str, expected: str):
    reply = block("b = 2\n", "b = 3\nd = 4\n")
    assert after(text, reply) == expected
    assert after(text, reply.replace("\n", "\r\n")) == expected


def test_a_whole_file_keeps_line_ends_and_what_did_not_change():
    text = "a\r\nb\nc\r\nd"
    assert after(text, f"{PATH}\n```\na\nb\nx\nc\nd\n```\n") == "a\r\nb\nx\nc\r\nd"


@pytest.mark.parametrize(
    ("text", "body", "expected"),
    [
        ("a\nb", "-b\n\\ No newline at end of file\n+c\n", "a\nc\n"),
        ("a\nb\n", "-b\n+c\n\\ No newline at end of file\n", "a\nc"),
        ("a\nb", "-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n", "a\nc"),
    ],
)
def test_a_diff_may_change_the_final_newline(text: str, body: str, expected: str):
    assert after(text, f"--- a/{PATH}\n+++ b/{PATH}\n@@ -1,2 +1,2 @@\n a\n{body}") == expected


def test_an_empty_file_and_the_end_of_a_file_are_places_without_context():
    assert after("", f"--- a/{PATH}\n+++ b/{PATH}\n@@ -0,0 +1,1 @@\n+a = 1\n") == "a = 1\n"
    appended = f"*** Begin Patch\n*** Update File: {PATH}\n@@\n+b = 2\n*** End of File\n*** End Patch\n"
    assert after("a = 1\n", appended) == "a = 1\nb = 2\n"


def test_an_unknown_line_where_text_is_inserted_or_replaced_is_no_gap():
    text = "alpha_one()\nbeta_two()\ngamma_three()\ndelta_four()\nepsilon_five()\nzeta_six()\n"
    old = "alpha_one()\nbeta_two()\ndelta_four()\nepsilon_five()\nzeta_six()\n"
    inserted = old.replace("beta_two()\n", "beta_two()\nnew_call()\n")
    assert "stands line 3: `gamma_three()`" in refused(text, block(old, inserted)).sentence
    replaced = "alpha_one()\nother_call()\nepsilon_five()\nzeta_six()\n"
    assert "line 3: `gamma_three()`" in refused(text, block(old, replaced)).sentence
