"""Queries in loops: which are told, which are left alone, and where related objects are fetched along."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.edits import apply_edits
from tercet_server.linters.rules import QUERIES, own_findings
from tercet_shared.edits import Position, Range, TextEdit

DJANGO = "from shop.models import Author, Book\n"
SQLALCHEMY = "import sqlalchemy as sa\nfrom sqlalchemy import select\n"
MODELS = """\
from django.db import models
class Book(models.Model):
    title = models.TextField()
    author = models.ForeignKey("Author", models.CASCADE)
    cover = models.OneToOneField("Cover", models.CASCADE)
"""


def codes(text: str, path: str = "shop/views.py") -> list[str]:
    return [each.code or "" for each in own_findings(text, path, QUERIES)]


@pytest.mark.parametrize(
    "loop",
    [
        "for key in keys:\n    book = Book.objects.get(pk=key)\n",
        "for row in rows:\n    name = row['name']\n    if Book.objects.filter(name=name).exists():\n        say()\n",
        "for author in authors:\n    for book in Book.objects.filter(author=author):\n        say(book)\n",
        "for author in authors:\n    books += list(Book.objects.exclude(author=author).order_by('x'))\n",
        "for author in authors:\n    if not Book.objects.filter(author=author):\n        say()\n",
        "for author in authors:\n    say(Book.objects.filter(author=author)[0])\n",
        "for row in rows:\n    Book.objects.create(name=row)\n",
        "async def f():\n    for row in rows:\n        await Book.objects.acreate(name=row)\n",
        "async def f():\n    async for row in rows:\n        book = await Book.objects.aget(name=row)\n",
        "x = {key: Book.objects.filter(Q(pk=key)).count() for key in keys}\n",
        "x = [Book.objects.get(pk=key) for page in pages for key in page]\n",
        "for key in ():\n    for other in others:\n        Book.objects.get(pk=other)\n",
        "for key in range(count):\n    Book.objects.using('b').get(pk=key)\n",
        "from shop import models\nfor key in keys:\n    models.Book.objects.get(pk=key)\n",
    ],
)
def test_a_query_of_django_in_every_round_is_told_once(loop: str):
    assert codes(DJANGO + loop) == ["TC301"]


@pytest.mark.parametrize(
    "loop",
    [
        "for key in keys:\n    book = Book.objects.get(pk=other)\n",
        "for key in keys:\n    parts.append(Book.objects.filter(pk=key))\n",
        "for key in keys:\n    found |= Book.objects.filter(pk=key)\n",
        "for keys in chunks(all_keys):\n    x = list(Book.objects.filter(pk__in=keys))\n",
        "for chunk in chunks(all_keys):\n    x = list(Book.objects.filter(within(chunk)))\n",
        "for start in range(0, end, 100):\n    x = list(Book.objects.filter(pk__gte=start, pk__lt=start + 100))\n",
        "for model in models:\n    x = model.objects.get(pk=model.key)\n",
        "for Model in models:\n    x = Model.objects.get(pk=Model.key)\n",
        "for name in names:\n    x = Book.objects.using(name).count()\n",
        "for name in names:\n    if Book.objects.filter(name=name).exists():\n        break\n",
        "def f():\n    for name in names:\n        if Book.objects.filter(name=name).exists():\n            return name\n",
        "x = any(Book.objects.filter(name=name).exists() for name in names)\n",
        "for name in ('a', 'b'):\n    Book.objects.get(name=name)\n",
        "for number, name in enumerate(['a', 'b']):\n    Book.objects.get(name=name)\n",
        "for name, value in {'a': 1}.items():\n    Book.objects.get(name=name)\n",
        "for name in settings.LANGUAGES:\n    Book.objects.get(name=name)\n",
        "for number in range(3):\n    Book.objects.get(pk=number)\n",
        "for row in rows:\n    book = Book.objects.create(name=row)\n    book.tags.set(tags)\n",
        "for row in rows:\n    book, new = Book.objects.get_or_create(name=row)\n",
        "for key in keys:\n    def later(key=key):\n        return Book.objects.get(pk=key)\n",
        "for key in keys:\n    later.append(lambda: Book.objects.get(pk=key))\n",
        "for key in keys:\n    x = cache.objects.get(key)\n",
        "for key in keys:\n    x = Book.objects.get(pk=key)  # noqa: TC301\n",
        "for book in Book.objects.all():\n    pass\nelse:\n    Book.objects.get(pk=book)\n",
    ],
)
def test_what_is_no_query_for_each_round_is_left_alone(loop: str):
    assert codes(DJANGO + loop) == []


def test_of_loops_in_loops_the_inner_ones_are_looked_at():
    heads = "".join(f"{' ' * depth}for x{depth} in rows:\n" for depth in range(40))
    assert codes(f"{DJANGO}{heads}{' ' * 40}Book.objects.get(pk=x39)\n") == ["TC301"]
    assert codes(f"{DJANGO}{heads}{' ' * 40}Book.objects.get(pk=x0)\n") == []
    assert codes(f"{DJANGO}x = [Book.objects.get(pk=a) {'for a in b ' * 2000}]\n") == []


def test_without_django_nothing_is_known_of_objects():
    assert codes("from things import Book\nfor key in keys:\n    Book.objects.get(pk=key)\n") == []
    assert codes("import django\nfor key in keys:\n    Book.objects.get(pk=key)\n") == ["TC301"]


@pytest.mark.parametrize(
    "path",
    [
        "shop/tests.py",
        "shop/tests/base.py",
        "tests/x.py",
        "shop/test_views.py",
        "shop/migrations/0001_x.py",
        "alembic/env.py",
    ],
)
def test_tests_and_migrations_are_passed_over(path: str):
    loops = DJANGO + "for key in keys:\n    Book.objects.get(pk=key)\n"
    relations = MODELS + "for book in Book.objects.all():\n    print(book.author.name)\n"
    queries = SQLALCHEMY + "for key in keys:\n    session.get(Book, key)\n"
    assert [codes(each, path) for each in (loops, relations, queries)] == [[], [], []]


@pytest.mark.parametrize(
    "loop",
    [
        "for key in keys:\n    book = session.get(Book, key)\n",
        "for key in keys:\n    book = self.session.query(Book).filter(Book.id == key).first()\n",
        "for key in keys:\n    for book in db.session.query(Book).filter_by(author=key):\n        say(book)\n",
        "for key in keys:\n    book = db.scalar(select(Book).where(Book.id == key))\n",
        "for key in keys:\n    books = db.scalars(sa.select(Book).where(Book.id == key).limit(3)).all()\n",
        "for key in keys:\n    query = select(Book).where(Book.id == key)\n    books = db.execute(query)\n",
        "x = [session.get(Book, key) for key in keys]\n",
        "for key in keys:\n    x = db.query(one).filter(db.query(Book).filter(Book.id == key).exists()).scalar()\n",
    ],
)
def test_a_query_of_sqlalchemy_in_every_round_is_told_once(loop: str):
    assert codes(SQLALCHEMY + loop) == ["TC303"]
    assert codes(loop) == []


@pytest.mark.parametrize(
    "loop",
    [
        "for url in urls:\n    page = session.get(url, timeout)\n",
        "for name in names:\n    x = session.get(name)\n",
        "for Model in models:\n    x = session.get(Model, key)\n",
        "for table in tables:\n    session.execute(sa.text(f'drop table {table}'))\n",
        "for model in models:\n    x = session.scalars(select(model))\n",
        "for model in models:\n    x = session.query(model).filter(model.x == 1).all()\n",
        "for session in sessions:\n    x = session.query(Book).filter(Book.x == session.x).all()\n",
        "for keys in parts:\n    x = session.query(Book).filter(Book.id.in_(keys)).all()\n",
        "for at in range(end):\n    x = session.query(Book).offset(at).limit(9).all()\n",
        "for key in keys:\n    query = query.union(session.query(Book).filter(Book.id == key))\n",
        "for key in keys:\n    session.execute(sa.update(Book).where(Book.id == key).values(x=1))\n",
        "for key in keys:\n    session.execute()\n    session.execute(statement)\n    session.query()\n    session.get()\n",
        "for key in keys:\n    book = session.get(Book, key)\n    if book:\n        break\n",
    ],
)
def test_what_is_no_reading_of_sqlalchemy_for_each_round_is_left_alone(loop: str):
    assert codes(SQLALCHEMY + loop) == []


def fixed(text: str) -> str:
    """With the fixes of what is found in the text, without looking again."""
    edits = [each for found in own_findings(text, "", QUERIES) if found.fix for each in found.fix.edits]
    return apply_edits(text, [text_edit(each) for each in edits])


def text_edit(each) -> TextEdit:
    start, end = (Position(line=at.row - 1, character=at.column - 1) for at in (each.location, each.end_location))
    return TextEdit(range=Range(start=start, end=end), new_text=each.content)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "for book in Book.objects.all():\n    print(book.author.name, book.cover.size, book.author.age)\n",
            'for book in Book.objects.all().select_related("author", "cover"):\n'
            "    print(book.author.name, book.cover.size, book.author.age)\n",
        ),
        (
            "x = [b.author.name.upper() for b in Book.objects.order_by('title')]\n",
            "x = [b.author.name.upper() for b in Book.objects.order_by('title').select_related(\"author\")]\n",
        ),
        (
            "for book in (\n    Book.objects  # all of them\n    .filter(old=True)\n):\n    print(book.author.name)\n",
            "for book in (\n    Book.objects  # all of them\n    .filter(old=True).select_related(\"author\")\n"
            "):\n    print(book.author.name)\n",
        ),
    ],
)  # fmt: skip
def test_what_a_loop_only_reads_is_fetched_along(before: str, after: str):
    assert fixed(MODELS + before) == MODELS + after
    assert codes(MODELS + after) == []


@pytest.mark.parametrize(
    "body",
    [
        "book.author.count += 1",
        "book.author.rename(book.author.name)",
        "book.author.name; book.author.save()",
        "book.author.name; show(book)",
        "book.author.name; show(book.author)",
        "book.author.name; author = book.author",
        "book.author.name; book.publish()",
        "book.author.name; Author.objects.update(name='')",
        "book.author.name; other.name = ''",
        "book.author.name; book = None",
    ],
)
def test_a_loop_that_may_change_what_it_fetches_is_told_and_left_as_it_is(body: str):
    text = f"{MODELS}for book in Book.objects.all():\n    {body}\n"
    assert "TC302" in codes(text)
    assert fixed(text) == text


@pytest.mark.parametrize(
    "loop",
    [
        "for book in Book.objects.select_related('author'):\n    book.author.name\n",
        "for book in Book.objects.prefetch_related('author').all():\n    book.author.name\n",
        "for book in Book.objects.only('title'):\n    book.author.name\n",
        "for book in Book.objects.values_list('author'):\n    book.author.name\n",
        "for book in Book.objects.all().iterator():\n    book.author.name\n",
        "for book in Book.objects.published():\n    book.author.name\n",
        "for book in Book.objects:\n    book.author.name\n",
        "for book in books:\n    book.author.name\n",
        "for book in Book.objects.all():\n    book.author_id\n",
        "for book in Book.objects.all():\n    book.title.name\n",
        "for book in Book.objects.all():\n    book.author = me\n    book.author.name\n",
        "for book in Book.objects.all():\n    def later():\n        return book.author.name\n",
        "for a, b in Book.objects.all():\n    a.author.name\n",
    ],
)
def test_what_is_fetched_along_or_not_known_is_left_alone(loop: str):
    assert codes(MODELS + loop) == []


@pytest.mark.parametrize("manager", ["objects = Published()", "objects: Manager = Published()"])
def test_a_manager_of_the_model_s_own_may_fetch_along_already(manager: str):
    assert codes(f"{MODELS}    {manager}\nfor book in Book.objects.all():\n    book.author.name\n") == []


def test_a_model_of_unknown_ancestors_is_left_alone():
    text = MODELS.replace("models.Model", "Timestamped")
    assert codes(f"{text}for book in Book.objects.all():\n    book.author.name\n") == []


PARTS = [
    "Book",
    "book",
    ".objects",
    ".all()",
    ".get(pk=book)",
    ".author",
    ".name",
    "session",
    ".query(Book)",
    "(book)",
    "[0]",
]
HEADS = [
    "for book in Book.objects.all():",
    "for book, x in books:",
    "async for book in x:",
    "if x:",
    "while x:",
    "with s as x:",
]


@given(st.lists(st.sampled_from(PARTS), max_size=6), st.lists(st.sampled_from(HEADS), min_size=1, max_size=4))
def test_fixing_once_leaves_nothing_to_fix_whatever_stands_in_the_loops(parts: list[str], heads: list[str]):
    body = "x" + "".join(each if each[0] in ".([" else f"; {each}" for each in parts)
    loops = "".join(f"{'    ' * depth}{head}\n" for depth, head in enumerate(heads, 1))
    text = f"{MODELS}import sqlalchemy\nasync def f():\n{loops}{'    ' * (len(heads) + 1)}{body}\n"
    made = fixed(text)
    assert fixed(made) == made
    if text == made:
        assert not any(each.fix for each in own_findings(text, "", QUERIES))
