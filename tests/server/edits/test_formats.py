"""Every format in which models answer, and the ways in which they bend it: the reply, the file, and the file afterwards."""

import json

import pytest
from tercet_server.edits import apply_edits, from_reply
from tercet_shared.errors import EditRefused, TooLarge

PATH = "shop/cart.py"
CART = '''"""The cart."""

import logging


class Cart:
    def __init__(self, owner):
        self.owner = owner
        self.items = []

    def total(self):
        # the sum of all items
        return sum(item.price for item in self.items)

    def clear(self):
        self.items = []
        logging.info("cleared %s", self.owner)
'''
OLD = "        return sum(item.price for item in self.items)"
NEW = "        return sum(item.price * item.count for item in self.items)"
AFTER = CART.replace(OLD, NEW)


def landed(reply: str, files: dict[str, str] | None = None) -> dict[str, str]:
    """The files afterwards, those that change."""
    files = {PATH: CART} if files is None else files
    changes = from_reply(reply, files).changes
    return {each.path: apply_edits(files.get(each.path, ""), each.edits) for each in changes.files}


def reason(reply: str, files: dict[str, str] | None = None) -> str:
    with pytest.raises(EditRefused) as refused:
        landed(reply, files)
    assert refused.value.sentence.endswith((".", "?", "`"))
    return str(refused.value.data["reason"])


BLOCK = f"<<<<<<< SEARCH\n{OLD}\n=======\n{NEW}\n>>>>>>> REPLACE\n"
DIFF = f"@@ -11,3 +11,3 @@\n     def total(self):\n         # the sum of all items\n-{OLD}\n+{NEW}\n"
HEADED = f"--- a/{PATH}\n+++ b/{PATH}\n{DIFF}"
SECTION = f"*** Update File: {PATH}\n@@ def total(self):\n         # the sum of all items\n-{OLD}\n+{NEW}\n"
PATCH = f"*** Begin Patch\n{SECTION}*** End Patch\n"


@pytest.mark.parametrize(
    "reply",
    [
        f"{PATH}\n{BLOCK}",
        f"Here is the change:\n\n{PATH}\n```python\n{BLOCK}```\nDone.",
        f"```python\n{PATH}\n{BLOCK}```",
        f"```python:{PATH}\n{BLOCK}```",
        f"```python {PATH}\n{BLOCK}```",
        f'```{{path="{PATH}"}}\n{BLOCK}```',
        f"### `{PATH}`:\n\n{BLOCK}",
        f"**{PATH}**\n{BLOCK}",
        f"In `{PATH}` I count the items:\n{BLOCK}",
        f"File: {PATH}\n{BLOCK}",
        BLOCK,
        f"{PATH}\n------- SEARCH\n{OLD}\n=======\n{NEW}\n+++++++ REPLACE\n",
        f"{PATH}\n<<<<<<< SEARCH\n:start_line:13\n-------\n{OLD}\n=======\n{NEW}\n>>>>>>> REPLACE\n",
        f"{PATH}\n<<<<<<< ORIGINAL\n{OLD}\n=======\n{NEW}\n>>>>>>> UPDATED\n",
        f"{PATH}\n<<<<<<< SEARCH>\n{OLD}\n=====\n{NEW}\n>>>>>>> REPLACE",
        f"{PATH}\n{BLOCK}".replace("\n", "\r\n"),
        f"{PATH}\n{BLOCK}\n{PATH}\n{BLOCK}",
        f"{PATH}\n<<<<<<< SEARCH\n```python\n{OLD}\n```\n=======\n```python\n{NEW}\n```\n>>>>>>> REPLACE\n",
        f"{PATH}\n<<<<<<< SEARCH\n 13 | {OLD}\n=======\n 13 | {NEW}\n>>>>>>> REPLACE\n",
        f"{PATH}\n<<<<<<< SEARCH\n    13\t{OLD}\n=======\n{NEW}\n>>>>>>> REPLACE\n",
    ],
)
def test_search_replace_blocks(reply: str):
    assert landed(reply) == {PATH: AFTER}


@pytest.mark.parametrize(
    "reply",
    [
        HEADED,
        f"Sure:\n\n```diff\n{HEADED}```\n\nThat is all.",
        f"diff --git a/{PATH} b/{PATH}\nindex 1234567..89abcde 100644\n{HEADED}",
        HEADED.replace("a/shop", "shop").replace("b/shop", "shop"),
        f"{PATH}\n```diff\n{DIFF}```",
        HEADED.replace("-11,3 +11,3", "-99,2 +80,1"),
        HEADED.replace("@@ -11,3 +11,3 @@", "@@ @@"),
        HEADED.replace("@@ -11,3 +11,3 @@", "@@ ... @@"),
        HEADED.replace("@@ -11,3 +11,3 @@", "@@ class Cart: @@"),
        HEADED.replace("@@ -11,3 +11,3 @@\n", ""),
        HEADED.replace("     def", "    def").replace("         # the", "        # the"),
        f"{HEADED}\nThis keeps the rest as it is.\n",
        HEADED.replace("\n", "\r\n"),
        f"{HEADED}{HEADED}",
    ],
)
def test_unified_diffs(reply: str):
    assert landed(reply) == {PATH: AFTER}


@pytest.mark.parametrize(
    "reply",
    [
        PATCH,
        f"apply_patch <<'EOF'\n{PATCH}EOF\n",
        f"I change one line.\n\n```\n{PATCH}```\nDone.",
        PATCH.replace("@@ def total(self):", "@@ class Cart:\n@@ def total(self):"),
        PATCH.replace("@@ def total(self):", "@@ -12,2 +12,2 @@"),
        PATCH.replace("@@ def total(self):\n", ""),
        PATCH.replace("*** Begin Patch\n", ""),
        PATCH.replace("         # the", "        # the"),
    ],
)
def test_patch_envelopes(reply: str):
    assert landed(reply) == {PATH: AFTER}


@pytest.mark.parametrize(
    "arguments",
    [
        {"path": PATH, "old": OLD, "new": NEW},
        {"file_path": PATH, "old_string": "item.price for", "new_string": "item.price * item.count for"},
        {"command": "str_replace", "path": PATH, "old_str": f"{OLD}\n", "new_str": f"{NEW}\n"},
        {"path": PATH, "start_line": 13, "end_line": 13, "new": NEW},
        {"name": "edit", "arguments": {"path": PATH, "old": OLD, "new": NEW}},
        {"name": "edit", "arguments": json.dumps({"path": PATH, "old": OLD, "new": NEW})},
        {"path": PATH, "edits": [{"old": OLD, "new": NEW}]},
        {"path": PATH, "content": AFTER},
        [{"path": PATH, "old": OLD.strip(), "new": NEW.strip()}],
    ],
)
@pytest.mark.parametrize(
    "around", ["{}", "```json\n{}\n```", "<tool_call>\n{}\n</tool_call>", "I edit it.\n```json\n{}\n```\nDone."]
)
def test_tool_arguments(arguments: object, around: str):
    assert landed(around.replace("{}", json.dumps(arguments))) == {PATH: AFTER}


def test_a_tool_inserts_after_a_line_and_replaces_everywhere():
    insertion = {"path": PATH, "insert_line": 3, "new_str": "import time\n"}
    assert landed(json.dumps(insertion)) == {PATH: CART.replace("import logging\n", "import logging\nimport time\n")}
    everywhere = {"path": PATH, "old": "self.items", "new": "self.lines", "replace_all": True}
    assert landed(json.dumps(everywhere)) == {PATH: CART.replace("self.items", "self.lines")}
    assert reason(json.dumps({**everywhere, "replace_all": False})) == "ambiguous"


@pytest.mark.parametrize(
    "reply",
    [
        f"{PATH}\n```python\n{AFTER}```\n",
        f"```python:{PATH}\n{AFTER}```\n",
        f"### {PATH}\n\n````python {PATH}\n{AFTER}````",
    ],
)
def test_whole_files(reply: str):
    assert landed(reply) == {PATH: AFTER}


@pytest.mark.parametrize(
    "reply",
    [
        "shop/tax.py\n<<<<<<< SEARCH\n=======\nRATE = 0.2\n>>>>>>> REPLACE\n",
        "--- /dev/null\n+++ b/shop/tax.py\n@@ -0,0 +1,1 @@\n+RATE = 0.2\n",
        "*** Begin Patch\n*** Add File: shop/tax.py\n+RATE = 0.2\n*** End Patch\n",
        '{"command": "create", "path": "shop/tax.py", "file_text": "RATE = 0.2\\n"}',
        "shop/tax.py\n```python\nRATE = 0.2\n```",
    ],
)
def test_new_files(reply: str):
    assert landed(reply) == {"shop/tax.py": "RATE = 0.2\n"}


def test_several_files_and_places_in_one_reply():
    files = {PATH: CART, "notes.md": "# Notes\n\nCarts have items.\n"}
    reply = (
        f"{PATH}\n{BLOCK}\n<<<<<<< SEARCH\nimport logging\n=======\nimport logging\nimport time\n>>>>>>> REPLACE\n\n"
        "notes.md\n<<<<<<< SEARCH\nCarts have items.\n=======\nCarts have items and counts.\n>>>>>>> REPLACE\n"
    )
    assert landed(reply, files) == {
        PATH: AFTER.replace("import logging\n", "import logging\nimport time\n"),
        "notes.md": "# Notes\n\nCarts have items and counts.\n",
    }


def test_a_later_block_may_build_on_an_earlier_one():
    second = "<<<<<<< SEARCH\n" + NEW + "\n=======\n" + NEW + "  # with counts\n>>>>>>> REPLACE\n"
    assert landed(f"{PATH}\n{BLOCK}\n{second}") == {PATH: AFTER.replace(NEW, f"{NEW}  # with counts")}


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("I cannot do that.", "no_edit"),
        ("", "no_edit"),
        ("Use it so:\n```python\ncart.total()\n```\n", "no_edit"),
        (f"{PATH}\n<<<<<<< SEARCH\n{OLD}\n=======\n{NEW}\n", "truncated"),
        (f"{PATH}\n<<<<<<< SEARCH\n{OLD}\n", "truncated"),
        (f"{PATH}\n<<<<<<< SEARCH\n{OLD}\n=======\n{NEW}\n{BLOCK}", "truncated"),
        (PATCH.replace("*** End Patch\n", ""), "truncated"),
        (f"{PATH}\n```python\n{AFTER}", "truncated"),
        ('{"path": "shop/cart.py", "old": "x", "new": "y', "truncated"),
        (HEADED.replace("-11,3 +11,3", "-11,6 +11,9"), "truncated"),
        (f"{PATH}\n<<<<<<< SEARCH\n{OLD}\n>>>>>>> REPLACE\n", "malformed"),
        (f"{PATH}\n<<<<<<< SEARCH\na\n=======\nb\n=======\nc\n>>>>>>> REPLACE\n", "malformed"),
        ('{"path": "shop/cart.py", "old": x}', "malformed"),
        ('{"path": "shop/cart.py"}', "malformed"),
        ('{"path": "shop/cart.py", "edits": [1]}', "malformed"),
        ('{"arguments":' * 8 + "{}" + "}" * 8, "malformed"),
        (json.dumps({"path": PATH, "old": OLD, "new": "\ud800"}), "malformed"),
        (f"--- a/{PATH}\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-x\n", "unsupported"),
        (f"diff --git a/{PATH} b/x.py\nrename from {PATH}\nrename to x.py\n", "unsupported"),
        (f"*** Begin Patch\n*** Delete File: {PATH}\n*** End Patch\n", "unsupported"),
        (f"*** Begin Patch\n*** Update File: {PATH}\n*** Move to: x.py\n*** End Patch\n", "unsupported"),
        (f"{PATH}\n<<<<<<< SEARCH\n=======\nx = 1\n>>>>>>> REPLACE\n", "file_exists"),
        (f"--- a/{PATH}\n+++ b/{PATH}\n@@ -3,0 +4,1 @@\n+import time\n", "no_context"),
        (f"{PATH}\n{BLOCK}\n{BLOCK.replace('item.count', '2')}", "conflict"),
        (f"{PATH}\n{BLOCK}\n{PATH}\n```\nx\n```", "no_edit"),
    ],
)
def test_what_is_no_complete_edit_is_refused_with_its_reason(reply: str, why: str):
    if why == "no_edit" and BLOCK in reply:
        assert landed(reply) == {
            PATH: AFTER
        }  # a block decides the format; the fenced text beside it is an illustration
    else:
        assert reason(reply) == why


def test_a_fragment_or_an_elided_text_is_no_whole_file():
    files = {PATH: CART * 3}
    assert reason(f"{PATH}\n```python\n{CART}```", files) == "fragment"
    assert reason(f"{PATH}\n```python\nimport time\n# ... rest of the file unchanged ...\n```") == "elided"


def test_an_enormous_reply_is_refused():
    with pytest.raises(TooLarge):
        landed("x" * 16_000_001)
    with pytest.raises(TooLarge):
        landed("".join(f"{PATH}\n<<<<<<< SEARCH\na{n}\n=======\nb\n>>>>>>> REPLACE\n" for n in range(2_001)))


@pytest.mark.parametrize(
    "reply",
    [
        "<" * 5_000_000,
        "`" * 5_000_000,
        "```" + " " * 5_000_000 + "`",
        "--- a" + " \t" * 2_000_000 + "x\n+++ b\n@@ @@\n x\n",
        "*** Update File:" + " " * 5_000_000 + "x",
        f"{PATH}\n<<<<<<< SEARCH\n#" + " " * 5_000_000 + "x\n=======\ny\n>>>>>>> REPLACE",
        f"{PATH}\n<<<<<<< SEARCH\n" + "x\n" * 300_000 + "=======\ny\n>>>>>>> REPLACE",
        f"{PATH}\n<<<<<<< SEARCH\n" + "...\nx\n" * 300_000 + "=======\ny\n>>>>>>> REPLACE",
        f"{PATH}\n<<<<<<< SEARCH\n" + "&lt;" * 1_000_000 + "\n=======\ny\n>>>>>>> REPLACE",
        f"*** Begin Patch\n*** Update File: {PATH}\n" + "@@ a\n" * 500_000 + "-x\n*** End Patch",
        "[" * 1_000_000,
        '{"a":' * 500_000,
        "\n" * 5_000_000,
    ],
    ids=range(13),
)
def test_five_megabytes_of_nonsense_end_in_a_refusal(reply: str):
    with pytest.raises((EditRefused, TooLarge)):
        landed(reply)


A_BLOCK = "a.py\n<<<<<<< SEARCH\none\n=======\nuno\n>>>>>>> REPLACE\n"
A_DIFF = "--- a/b.py\n+++ b/b.py\n@@ -1 +1 @@\n-two\n+due\n"
AN_ENVELOPE = "*** Begin Patch\n*** Update File: b.py\n@@\n-two\n+due\n*** End Patch\n"


@pytest.mark.parametrize(
    "pair",
    [(A_BLOCK, A_DIFF), (A_DIFF, A_BLOCK), (A_BLOCK, AN_ENVELOPE), (AN_ENVELOPE, A_BLOCK), (AN_ENVELOPE, A_DIFF)],
)
def test_edits_in_two_formats_are_refused_for_one_of_them_would_be_dropped(pair: tuple[str, str]):
    with pytest.raises(EditRefused, match="two formats"):
        from_reply("First this:\n\n{}\nand then that:\n\n{}".format(*pair), {"a.py": "one\n", "b.py": "two\n"})


def test_an_edit_of_a_text_about_edits_is_no_mixture():
    about = f"{A_BLOCK}{AN_ENVELOPE}{A_DIFF}"
    new = "".join(f"{line}\n" for line in ("*** Begin Patch", "--- x", "+++ y", "@@", "*** End Patch"))
    landed = from_reply(
        f"docs.md\n<<<<<<< SEARCH\nhere\n=======\n{new}>>>>>>> REPLACE\n", {"docs.md": f"{about}here\n"}
    )
    assert landed.changes.paths == ["docs.md"]
