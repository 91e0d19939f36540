"""The index follows the files: changes, overlays, renames, branches; and reads only what is new."""

import threading
import time
from pathlib import Path

import pytest
from tercet_server.context.digesting.digest import Source, digest
from tercet_server.context.index import Progress, WorkspaceIndex, pool

from tests.server.context.index.conftest import committed, git, names, paths, write


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the contents that builds have parsed."""
    seen: list[str] = []

    class Counting(pool.Inline):
        def digested(self, chunks, stop):
            def counted():
                for chunk in chunks:
                    seen.extend(source.path for source in chunk)
                    yield chunk

            return super().digested(counted(), stop)

    monkeypatch.setattr(pool, "Inline", Counting)
    return seen


def settle() -> None:
    """Lets the clock tick on: until then a file cannot be told from its next version."""
    until = time.time_ns() + 80_000_000
    while time.time_ns() < until:
        threading.Event().wait(0.01)


def test_nothing_is_read_again_that_has_not_changed(root: Path, parsed: list[str], opened):
    settle()
    index = opened()
    index.build()
    assert sorted(parsed) == ["README.md", "shop/cart.py", "shop/money.py"]
    parsed.clear()
    index.build()
    assert parsed == []


def test_a_switch_of_branch_parses_only_what_was_never_seen(root: Path, parsed: list[str], opened):
    git(root, "init", "-q", "-b", "main")
    committed(root, "main")
    index = opened(trusted=True)
    index.build()
    git(root, "checkout", "-q", "-b", "other")
    write(root, {"shop/money.py": "def changed(): pass\n", "shop/new.py": "def new(): pass\n"})
    committed(root, "other")
    parsed.clear()
    index.build()
    assert sorted(parsed) == ["shop/money.py", "shop/new.py"]
    parsed.clear()
    git(root, "checkout", "-q", "main")
    index.build()
    assert names(index.snapshot(), "shop/money.py") == ["RATE", "total_price"]
    git(root, "checkout", "-q", "other")
    index.build()
    assert names(index.snapshot(), "shop/money.py") == ["changed"]
    assert parsed == []


def test_a_renamed_file_keeps_what_is_known_of_it(root: Path, parsed: list[str], opened):
    index = opened()
    index.build()
    parsed.clear()
    (root / "shop").rename(root / "store")
    index.build()
    assert paths(index.snapshot()) == ["README.md", "store/cart.py", "store/money.py"]
    assert parsed == []
    (root / "store/cart.py").rename(root / "store/basket.py")
    index.update(["store/cart.py", "store/basket.py"])
    assert names(index.snapshot(), "store/basket.py") == ["Cart", "checkout"]
    assert index.snapshot().number_of("store/cart.py") is None


def test_an_unsaved_text_wins_until_the_file_is_asked_for(root: Path, index: WorkspaceIndex):
    index.update(
        ["shop/money.py", "unborn.py"], {"shop/money.py": "def typed(): pass\n", "unborn.py": "def unborn(): pass\n"}
    )
    assert names(index.snapshot(), "shop/money.py") == ["typed"]
    assert names(index.snapshot(), "unborn.py") == ["unborn"]
    index.build()
    assert names(index.snapshot(), "shop/money.py") == ["typed"]
    index.update(["shop/money.py", "unborn.py"])
    assert names(index.snapshot(), "shop/money.py") == ["RATE", "total_price"]
    assert index.snapshot().number_of("unborn.py") is None


def test_an_unsaved_text_may_hold_anything(index: WorkspaceIndex):
    index.update(["odd.py"], {"odd.py": "def odd():\n    return '\ud800\x00'\n"})
    assert index.snapshot().number_of("odd.py") is not None


def test_removed_files_are_gone(root: Path, index: WorkspaceIndex):
    (root / "shop/money.py").unlink()
    index.update(["shop/money.py"])
    assert index.snapshot().named("total_price") == []
    (root / "shop/cart.py").unlink()
    index.build()
    assert paths(index.snapshot()) == ["README.md"]


def test_many_files_are_read_by_several_processes_and_progress_is_told(root: Path, opened):
    write(
        root,
        {f"many/m{number}.py": f"def function_{number}():\n    return '{'word ' * 800}'\n" for number in range(150)},
    )
    told: list[Progress] = []
    index = opened()
    index.build(told.append)
    assert told[0].done == 0
    assert [each.done for each in told] == sorted(each.done for each in told)
    assert told[-1] == Progress(153, 153, complete=True) == index.progress
    assert names(index.snapshot(), "many/m149.py") == ["function_149"]


def test_a_stopped_build_answers_from_what_it_has_and_goes_on_later(root: Path, opened):
    write(root, {f"many/m{number:03}.py": f"def function_{number}(): pass\n" for number in range(300)})
    stop = threading.Event()
    index = opened()
    index.build(lambda progress: stop.set() if progress.done >= 150 else None, stop)
    assert not index.progress.complete
    assert not index.snapshot().progress.complete
    index.build()
    assert index.snapshot().progress.complete
    assert len(index.snapshot().files) == 303


def test_an_update_during_a_build_is_not_overwritten_by_it(root: Path, index: WorkspaceIndex):
    write(root, {"shop/cart.py": "def on_disk(): pass\n"})

    def type_meanwhile(progress: Progress) -> None:
        if progress.done < progress.total:
            index.update(["shop/cart.py"], {"shop/cart.py": "def typed(): pass\n"})

    index.build(type_meanwhile)
    assert names(index.snapshot(), "shop/cart.py") == ["typed"]


def test_what_no_file_has_any_more_is_dropped_and_its_words_with_it(root: Path, index: WorkspaceIndex, monkeypatch):
    monkeypatch.setattr("tercet_server.context.index.tidying._SPARE_BYTES", 0)
    write(root, {"shop/long.py": f"def old():\n    return '{'unforgettable ' * 100}'\n"})
    index.build()
    write(root, {"shop/long.py": "def fresh(): pass\n"})
    index.build()
    snapshot = index.snapshot()
    assert snapshot.postings(["unforgett"]) == {}
    assert [each.definition.name for each in snapshot.symbols("fresh", 3)] == ["fresh"]
    assert snapshot.named("old") == []
    assert names(snapshot, "shop/money.py") == ["RATE", "total_price"]
    assert len(snapshot.postings(["tax"])["tax"].docs) == 1


def test_a_large_text_is_digested_by_another_process(root: Path, index: WorkspaceIndex, monkeypatch):
    """What it takes is no time of the daemon's, and what ends the parser does not end the daemon."""

    def here(_: object) -> None:
        pytest.fail("digested here")

    monkeypatch.setattr(pool, "digest", here)
    index.update(["typed.py"], {"typed.py": "def typed(): pass\n" + "typed()\n" * 40_000})
    assert names(index.snapshot(), "typed.py") == ["typed"]


def test_hundreds_of_updates_leave_few_segments_and_the_same_answers(root: Path, index: WorkspaceIndex):
    for number in range(120):
        index.update(["typed.py"], {"typed.py": f"def typed_{number}(): return shared_word\n"})
    snapshot = index.snapshot()
    assert names(snapshot, "typed.py") == ["typed_119"]
    assert len(snapshot.postings(["shared_word"])["shared_word"].docs) == 1
    with index._store.read() as database:
        assert database.table("segments").count < 70


def test_a_rebuild_forgets_and_builds_anew(index: WorkspaceIndex):
    before = index.snapshot().generation
    index.rebuild()
    assert index.snapshot().generation > before
    assert names(index.snapshot(), "shop/money.py") == ["RATE", "total_price"]
    assert index.status().problems == ()


def test_a_digest_of_the_same_sources_is_the_same():
    sources = [Source(1, "a.py", b"def a(b): return c\n")]
    assert digest(sources) == digest(sources)
