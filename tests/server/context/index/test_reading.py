"""What the index says of a project: files, documents, words, definitions, references, imports, edges."""

from pathlib import Path

from tercet_server.context.index import FIELDS, WorkspaceIndex
from tercet_server.context.words import words

from tests.server.context.index.conftest import names, paths, write


def test_files_come_in_the_order_of_their_paths(index: WorkspaceIndex):
    snapshot = index.snapshot()
    assert paths(snapshot) == ["README.md", "shop/cart.py", "shop/money.py"]
    assert [file.language for file in snapshot.files][1:] == ["python", "python"]
    assert snapshot.files[2].lines == 6
    assert [snapshot.number_of(path) for path in ("shop/money.py", "shop", "zzz")] == [2, None, None]
    assert snapshot.has_folder("shop")
    assert not snapshot.has_folder("sho")


def test_every_definition_is_a_document_after_the_rest_of_its_file(index: WorkspaceIndex):
    snapshot = index.snapshot()
    assert names(snapshot, "shop/cart.py") == ["Cart", "checkout"]
    first = int(snapshot.first_doc[1])
    assert snapshot.definition(first) is None
    assert snapshot.doc_file[first : first + 3].tolist() == [1, 1, 1]
    assert (snapshot.doc_parent[first : first + 3] - first).tolist() == [-1 - first, 0, 1]
    checkout = snapshot.definition(first + 2)
    assert checkout is not None
    assert (checkout.scope, checkout.start, checkout.signature) == ("Cart", 8, "def checkout(self, customer)")
    assert snapshot.definitions_of([first, first + 1]).keys() == {first + 1}


def test_a_line_counts_for_the_innermost_definition_around_it(index: WorkspaceIndex):
    snapshot = index.snapshot()
    (charges,) = words("charges")
    found = snapshot.postings([charges, "absent"])
    assert found.keys() == {charges}
    assert found[charges].docs.tolist() == [snapshot.first_doc[1] + 2]
    assert dict(zip(FIELDS, found[charges].tf[0].tolist(), strict=True)) == {
        "name": 0,
        "signature": 0,
        "doc": 0,
        "body": 1,
    }


def test_words_are_counted_by_field(index: WorkspaceIndex):
    snapshot = index.snapshot()
    total = snapshot.postings(["total_price"])["total_price"]
    counted = {
        snapshot.files[snapshot.doc_file[doc]].path: row for doc, row in zip(total.docs, total.tf.tolist(), strict=True)
    }
    assert counted["shop/money.py"][:2] == [1, 1]
    assert snapshot.doc_lengths.shape == (snapshot.doc_count, len(FIELDS))
    assert snapshot.doc_lengths[int(snapshot.first_doc[2]) + 2, 0] == len(words("total_price"))


def test_a_path_is_found_by_its_words(index: WorkspaceIndex):
    found = index.snapshot().path_postings(["cart", "shop", "absent"])
    assert {term: numbers.tolist() for term, numbers in found.items()} == {"cart": [1], "shop": [1, 2]}


def test_a_definition_is_found_by_its_name_and_by_what_is_typed_of_it(index: WorkspaceIndex):
    snapshot = index.snapshot()
    (located,) = snapshot.named("total_price")
    assert (snapshot.files[located.file].path, located.definition.start) == ("shop/money.py", 3)
    assert snapshot.definition(located.doc) == located.definition
    for typed in ("total_price", "TOTAL", "price", "tp", "totpri"):
        assert [each.definition.name for each in snapshot.symbols(typed, 5)][:1] == ["total_price"], typed
    assert snapshot.symbols("  ", 5) == snapshot.symbols("100%", 5) == []


def test_the_likelier_symbol_comes_first(root: Path, index: WorkspaceIndex):
    defined = ["run", "Run", "runner", "dry_run", "overrun", "reusing_names"]
    write(root, {"many.py": "".join(f"def {name}(): pass\n" for name in reversed(defined))})
    index.update(["many.py"])
    assert [each.definition.name for each in index.snapshot().symbols("run", 10)] == defined


def test_references_are_found_by_name(index: WorkspaceIndex):
    snapshot = index.snapshot()
    uses = snapshot.references("total_price")
    assert ("shop/cart.py", 10, "call") in {(snapshot.files[use.file].path, use.line, use.kind) for use in uses}
    assert snapshot.references("never_used") == []


def test_a_name_without_words_is_found_all_the_same(root: Path, index: WorkspaceIndex):
    write(root, {"short.py": "def f(): pass\n\nf()\n"})
    index.update(["short.py"])
    snapshot = index.snapshot()
    assert [use.line for use in snapshot.references("f") if use.kind == "call"] == [2]


def test_files_that_refer_to_each_other_are_joined_by_edges(index: WorkspaceIndex):
    snapshot = index.snapshot()
    edges = snapshot.edges()
    pairs = set(zip(edges.source.tolist(), edges.target.tolist(), edges.definers.tolist(), strict=True))
    assert (1, 2, 1) in pairs
    assert all(source != target for source, target, _ in pairs)


def test_imports_are_as_written(index: WorkspaceIndex):
    snapshot = index.snapshot()
    assert snapshot.imports(1) == ("shop.money.total_price",)
    assert snapshot.imports(0) == ()
    assert snapshot.all_imports() == {1: ("shop.money.total_price",)}


def test_copies_of_a_file_share_what_is_kept_and_are_told_apart(root: Path, index: WorkspaceIndex):
    write(root, {"copy/money.py": (root / "shop/money.py").read_bytes()})
    index.build()
    snapshot = index.snapshot()
    both = {snapshot.number_of("copy/money.py"), snapshot.number_of("shop/money.py")}
    assert {located.file for located in snapshot.named("total_price")} == both
    assert {int(snapshot.doc_file[doc]) for doc in snapshot.postings(["tax"])["tax"].docs} == both


def test_a_snapshot_is_one_until_something_changes_and_stays_usable(root: Path, index: WorkspaceIndex):
    before = index.snapshot()
    assert index.snapshot() is before
    write(root, {"shop/money.py": "def other(): pass\n"})
    index.update(["shop/money.py"])
    after = index.snapshot()
    assert names(after, "shop/money.py") == ["other"]
    assert after.generation > before.generation
    assert names(before, "shop/money.py") == ["RATE", "total_price"]


def test_an_empty_folder_has_an_empty_index(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    index = WorkspaceIndex.open(tmp_path / "cache", tmp_path / "empty", trusted=False)
    index.build()
    snapshot = index.snapshot()
    assert (snapshot.files, snapshot.doc_count, snapshot.postings(["any"]), snapshot.named("any")) == ((), 0, {}, [])
    assert len(snapshot.edges().source) == 0
    assert index.status().progress.complete
    index.close()
