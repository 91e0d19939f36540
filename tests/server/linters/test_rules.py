"""Every rule has its pair: what it finds and what it makes of that, and what it leaves alone. Fixers are idempotent."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.edits import apply_edits
from tercet_server.linters.rules import RULES, own_findings
from tercet_shared.edits import Position, Range, TextEdit

PAIRS = {
    "TC101": [
        ("import yaml\nx = yaml.load(text)\n", "import yaml\nx = yaml.safe_load(text)\n"),
        ("import yaml\nx = yaml.load(text, Loader=yaml.Loader)\n", "import yaml\nx = yaml.safe_load(text)\n"),
    ],
    "TC102": [
        (
            "import subprocess\nsubprocess.run('ls -l', shell=True, check=True)  # listing\n",
            "import subprocess\nsubprocess.run(['ls', '-l'], check=True)  # listing\n",
        ),
        ("import subprocess\nsubprocess.run('ls | wc', shell=True)\n", None),
        ("import subprocess\nsubprocess.run(command, shell=True)\n", None),
    ],
    "TC103": [("import hashlib\nx = hashlib.md5(b'a')\n", "import hashlib\nx = hashlib.sha256(b'a')\n")],
    "TC104": [
        ("import requests\nrequests.get(url, verify=False)\n", "import requests\nrequests.get(url)\n"),
        ("def f(session):\n    session.get(verify=False, url=1)\n", "def f(session):\n    session.get(url=1)\n"),
    ],
    "TC105": [
        (
            "import tempfile\nname = tempfile.mktemp('.txt')\n",
            "import tempfile\nname = tempfile.NamedTemporaryFile(suffix='.txt', delete=False).name\n",
        )
    ],
    "TC106": [("import pickle\nx = pickle.loads(data)\n", None)],
    "TC107": [
        (
            '"""Doc."""\nimport sys\n\napi_key = "sk-0123456789"\n',
            '"""Doc."""\nimport os\nimport sys\n\napi_key = os.environ["API_KEY"]\n',
        )
    ],
    "TC108": [
        (
            "import sqlite3\nc.execute(f\"select * from users where name = '{name}' and age > {age}\")\n",
            "import sqlite3\nc.execute('select * from users where name = ? and age > ?', (name, age))\n",
        ),
        (
            'import psycopg2\nc.execute(f"delete from users where id = {key}")\n',
            "import psycopg2\nc.execute('delete from users where id = %s', (key,))\n",
        ),
        ('import sqlite3\nc.execute(f"select * from {table}")\n', None),
        ('import sqlite3\nc.execute("select * from a where b = " + name)\n', None),
        ('c.execute(f"select * from a where b = {name}")\n', None),
        ("import sqlite3\nc.execute(f\"select * from a where b like '%{name}%'\")\n", None),
    ],
    "TC201": [
        (
            "async def save():\n    pass\n\n\nasync def main():\n    save()\n",
            "async def save():\n    pass\n\n\nasync def main():\n    await save()\n",
        )
    ],
    "TC202": [
        (
            'def add(x, to: list[int] = []):\n    """Adds."""\n    to.append(x)\n    return to\n',
            'def add(x, to: list[int] | None = None):\n    """Adds."""\n    if to is None:\n        to = []\n'
            "    to.append(x)\n    return to\n",
        ),
        ("def add(x, to=[]): return to\n", None),
    ],
    "TC203": [("try:\n    a()\nexcept:\n    pass\n", "try:\n    a()\nexcept Exception:\n    pass\n")],
    "TC204": [
        ("with open(path) as f:\n    pass\n", 'with open(path, encoding="utf-8") as f:\n    pass\n'),
        ("open(path, 'w').close()\n", "open(path, 'w', encoding=\"utf-8\").close()\n"),
    ],
    "TC205": [
        (
            "from datetime import datetime\nnow = datetime.utcnow()\n",
            "from datetime import timezone\nfrom datetime import datetime\nnow = datetime.now(timezone.utc)\n",
        ),
        (
            "import datetime\nnow = datetime.datetime.now()\n",
            "import datetime\nnow = datetime.datetime.now(datetime.timezone.utc)\n",
        ),
    ],
    "TC206": [
        (
            "def f(path):\n    text = open(path, encoding='utf-8').read()\n    return text\n",
            "def f(path):\n    with open(path, encoding='utf-8') as file:\n        text = file.read()\n    return text\n",
        ),
        ("x = [open(p, encoding='utf-8').read() for p in paths if p]; y = 1\n", None),
    ],
    "TC301": [("from shop.models import Book\nfor key in keys:\n    print(Book.objects.get(pk=key).title)\n", None)],
    "TC302": [
        (
            "from django.db import models\n\n\nclass Book(models.Model):\n    author = models.ForeignKey('Author')\n\n\n"
            "for book in Book.objects.filter(old=True):\n    print(book.author.name)\n",
            "from django.db import models\n\n\nclass Book(models.Model):\n    author = models.ForeignKey('Author')\n\n\n"
            'for book in Book.objects.filter(old=True).select_related("author"):\n    print(book.author.name)\n',
        )
    ],
    "TC303": [("import sqlalchemy\nfor key in keys:\n    print(session.get(Book, key).title)\n", None)],
}  # fmt: skip

INNOCENT = """\
import datetime, hashlib, os, pickle, subprocess, tempfile
import requests, sqlite3, yaml
yaml.safe_load(text)
yaml.load(text, Loader=yaml.SafeLoader)
subprocess.run(["ls"], check=True)
hashlib.md5(b"", usedforsecurity=False)
requests.get(url, verify=True)
tempfile.mkstemp()
pickle.dumps(1)
password = os.environ["PASSWORD"]
token = "changeme"
c.execute("select * from users where name = ?", (name,))
def add(x, to=None, but=()): ...
try: ...
except ValueError: ...
try: ...
except:
    raise
open(path, "rb")
open(path, encoding="utf-8")
datetime.datetime.now(datetime.timezone.utc)
x = yaml.load(text)  # noqa: S506
y = pickle.loads(data)  # noqa
"""


UNSURE = [
    ("TC101", "import yaml\nx = yaml.load(*given)\n"),
    ("TC101", "import yaml\nx = yaml.load(text, Loader=Mine)\n"),
    ("TC102", "import subprocess\nsubprocess.run('A=1 make', shell=True)\n"),
    ("TC102", "import subprocess\nsubprocess.run('exit 1', shell=True)\n"),
    ("TC102", "import subprocess\nsubprocess.run(('ls '\n'-l'), shell=True)\n"),
    ("TC102", "import subprocess\nsubprocess.run('ls', shell=True, executable='/bin/bash')\n"),
    ("TC104", "import requests\nrequests.get((url), verify=False)\n"),
    ("TC104", "import requests\nrequests.get(\n    url,  # why\n    verify=False,\n)\n"),
    ("TC105", "import tempfile\nx = tempfile.mktemp(*given)\n"),
    ("TC107", '"""Doc."""; password = "hunter2hunter2"\n'),
    ("TC107", 'from mine import os\npassword = "hunter2hunter2"\n'),
    ("TC108", 'import sqlite3\nc.execute(f"select * from a where b in ({keys})")\n'),
    ("TC108", 'import sqlite3\nc.execute(f"select * from a where {condition}")\n'),
    ("TC108", 'import sqlite3\nc.execute(f"select * from a {where}")\n'),
    ("TC108", "import sqlite3\nc.execute(f'select * from a where \"{column}\" = 1')\n"),
    ("TC108", 'import sqlite3\nc.execute(f"select * from a where b = {b} order by c {direction}")\n'),
    ("TC108", 'import sqlite3\nc.execute(f"select * from a where b = {table}.c")\n'),
    ("TC204", "x = open((path))\n"),
    ("TC205", "from django.utils import timezone\nfrom datetime import datetime\nx = datetime.now()\n"),
    ("TC206", "for file in files:\n    x = open(file, encoding='utf-8').read()\n    remove(file)\n"),
    ("TC206", "x = [open(p, encoding='utf-8').read() for p in paths]\n"),
    ("TC206", "x = open(p, encoding='utf-8').read() if p else None\n"),
    ("TC206", "x = p and open(p, encoding='utf-8').read()\n"),
    ("TC206", "with open(a, 'rb') as file:\n    x = open(b, 'rb').read()\n    y = file.read()\n"),
]
"""Found, but told without a fix: it could break the code or change what it means."""


@pytest.mark.parametrize(("code", "text"), UNSURE)
def test_what_could_break_the_code_is_told_and_left_as_it_is(code: str, text: str):
    assert code in {each.code for each in own_findings(text)}
    assert fixed(text, code) == text


MADE = [
    (
        "TC101",
        "import yaml\nx = yaml.load(text, Loader=yaml.UnsafeLoader)\n",
        "import yaml\nx = yaml.safe_load(text)\n",
    ),
    ("TC104", "import requests\nrequests.get(verify=False,)\n", "import requests\nrequests.get()\n"),
    (
        "TC107",
        '@mark\nclass A: ...\npassword = "hunter2hunter2"\n',
        'import os\n@mark\nclass A: ...\npassword = os.environ["PASSWORD"]\n',
    ),
    (
        "TC107",
        'def f():\n    import os\npassword = "hunter2hunter2"\n',
        'import os\ndef f():\n    import os\npassword = os.environ["PASSWORD"]\n',
    ),
    (
        "TC108",
        'import sqlite3\nc.execute(f"""select * from a\nwhere b like \'c\\\\_\' and d = {d}""")\n',
        "import sqlite3\nc.execute(\"select * from a\\nwhere b like 'c\\\\_' and d = ?\", (d,))\n",
    ),
    (
        "TC108",
        "import sqlite3\nc.execute(f\"insert into a values ({b}, '{c}')\")\n",
        "import sqlite3\nc.execute('insert into a values (?, ?)', (b, c))\n",
    ),
    (
        "TC202",
        'def f(x: "list[A]" = []):\n    return x\n',
        'def f(x: "list[A] | None" = None):\n    if x is None:\n        x = []\n    return x\n',
    ),
    (
        "TC206",
        "x = open(a, 'rb').read()\ny = open(b, 'rb').read()\n",
        "with open(a, 'rb') as file:\n    x = file.read()\nwith open(b, 'rb') as file:\n    y = file.read()\n",
    ),
]


@pytest.mark.parametrize(("code", "before", "after"), MADE)
def test_fixes_near_what_is_unsure(code: str, before: str, after: str):
    assert fixed(before, code) == after


def test_an_open_of_the_file_s_own_takes_no_encoding():
    assert own_findings("def open(number): ...\nopen(1)\n") == []


def fixed(text: str, code: str = "") -> str:
    """With the fixes of all findings (of one rule) applied one after the other."""
    for _ in range(20):
        fixable = [each for each in own_findings(text) if each.fix and (not code or each.code == code)]
        if not fixable:
            return text
        assert fixable[0].fix is not None
        text = apply_edits(text, [edit(each) for each in fixable[0].fix.edits])
    raise AssertionError("the fixes come to no end")


def edit(each) -> TextEdit:
    start, end = (Position(line=at.row - 1, character=at.column - 1) for at in (each.location, each.end_location))
    return TextEdit(range=Range(start=start, end=end), new_text=each.content)


@pytest.mark.parametrize(
    ("code", "before", "after"), [(code, *pair) for code, pairs in PAIRS.items() for pair in pairs]
)
def test_what_a_rule_finds_and_makes_of_it(code: str, before: str, after: str | None):
    found = [each for each in own_findings(before) if each.code == code]
    assert found
    made = fixed(before, code)
    assert made == (before if after is None else after)
    ast.parse(made)
    if after is not None:
        assert code not in {each.code for each in own_findings(made)}


def test_every_rule_has_a_pair():
    assert set(PAIRS) == {each.code for each in RULES}
    assert len({each.code for each in RULES}) == len(RULES)


def test_what_is_well_is_left_alone():
    assert [(each.code, each.location.row) for each in own_findings(INNOCENT)] == []
    assert fixed(INNOCENT) == INNOCENT


@pytest.mark.parametrize("text", ["", "def f(:\n", "\x00", "(" * 5000, "# no code\n", "x = 1\r\ny = 2\r\n"])
def test_what_is_no_python_or_holds_nothing_has_no_findings(text: str):
    assert own_findings(text) == []


SNIPPETS = [before for pairs in PAIRS.values() for before, _ in pairs]


@given(
    st.lists(st.sampled_from(SNIPPETS), min_size=1, max_size=4),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "# ÄÖ🙂\n"]),
)
def test_fixing_once_leaves_nothing_to_fix_and_stays_python(snippets: list[str], newline: str, comment: str):
    text = "".join(comment + each for each in snippets).replace("\n", newline)
    made = fixed(text)
    ast.parse(made)
    assert fixed(made) == made
    if newline == "\r\n":
        assert made.count("\r\n") == made.count("\n")


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text: str):
    own_findings(text)
