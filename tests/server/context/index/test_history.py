"""What commits say and touch, up to any of them, with files by the names that they have then."""

from contextlib import closing
from pathlib import Path

import pytest
from tercet_server.context.index import WorkspaceIndex
from tercet_server.context.index import history as history_module
from tercet_server.context.words import words
from tercet_shared.errors import DeadlineExceeded, Unsupported

from tests.server.context.index.conftest import committed, git, write


@pytest.fixture
def hashes(root: Path) -> list[str]:
    """Three commits and a merge, oldest first."""
    git(root, "init", "-q", "-b", "main")
    first = committed(root, "Charge customers\n\nTaxes are included.\n\nSigned-off-by: A <a@example.org>\n")
    git(root, "mv", "shop/money.py", "shop/prices.py")
    second = committed(root, "Rename money")
    git(root, "checkout", "-q", "-b", "side")
    write(root, {"side.py": "x = 1\n"})
    third = committed(root, "Side work")
    git(root, "checkout", "-q", "main")
    git(root, "merge", "-q", "--no-ff", "-m", "Merge side", "side")
    return [first, second, third]


def test_the_newest_comes_first_without_merges(hashes: list[str], opened):
    found = opened(trusted=True).history()
    assert [commit.sha for commit in found.commits] == hashes[::-1]
    assert found.complete
    assert found.commits[2].subject == tuple(words("Charge customers"))
    assert found.commits[2].body == tuple(words("Taxes are included."))
    assert found.commits[0].paths == ("side.py",)


def test_files_go_by_the_names_that_they_have_now(hashes: list[str], opened):
    assert "shop/prices.py" in opened(trusted=True).history().commits[2].paths
    assert "shop/money.py" not in opened(trusted=True).history().commits[2].paths


def test_history_up_to_a_commit_knows_nothing_later(hashes: list[str], opened):
    found = opened(trusted=True).history(hashes[0])
    assert [commit.sha for commit in found.commits] == hashes[:1]
    assert "shop/money.py" in found.commits[0].paths


def test_what_is_known_of_a_commit_is_not_read_again(hashes: list[str], opened, monkeypatch):
    opened(trusted=True).history()
    monkeypatch.setattr(history_module, "_read", lambda *_: pytest.fail("git log ran again"))
    assert len(opened(trusted=True).history(hashes[1]).commits) == 2


def test_a_message_may_hold_anything(root: Path, opened):
    git(root, "init", "-q")
    committed(root, "Odd \x02 marks\x1e and ümlauts\n\nbody\x02\x02")
    write(root, {"b.py": "b = 1\n"})
    sound = committed(root, "Sound")
    found = opened(trusted=True).history()
    assert found.commits[0].sha == sound
    assert found.complete


def test_what_there_was_no_time_for_is_read_the_next_time(hashes: list[str], opened, monkeypatch):
    index = opened(trusted=True)
    with monkeypatch.context() as patch:
        patch.setattr(history_module, "_AT_ONCE", 1)
        patch.setattr(history_module, "git", impatient_after(5, history_module.git))
        partial = index.history()
    assert (len(partial.commits), partial.complete) == (2, False)
    assert len(index.history().commits) == 3
    assert index.history().complete


def test_a_partial_clone_is_read_without_fetching_anything(root: Path, hashes: list[str], tmp_path: Path):
    git(root, "mv", "shop/cart.py", "shop/basket.py")
    write(root, {"shop/basket.py": (root / "shop/basket.py").read_text() + "# renamed and changed\n"})
    newest = committed(root, "Rename the cart")
    git(root, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", root.as_uri(), "partial")
    objects = sorted((tmp_path / "partial/.git/objects").rglob("*"))
    with closing(WorkspaceIndex.open(tmp_path / "cache", tmp_path / "partial", trusted=True)) as index:
        found = index.history()
    assert [commit.sha for commit in found.commits] == [newest, *hashes[::-1]]
    assert set(found.commits[0].paths) == {"shop/cart.py", "shop/basket.py"}
    assert sorted((tmp_path / "partial/.git/objects").rglob("*")) == objects


def impatient_after(calls: int, git):
    """Git, which from that call on takes too long."""
    left = iter(range(calls - 1))

    def limited(*arguments, **more):
        if next(left, None) is None:
            raise DeadlineExceeded("git log took longer than 0 s.")
        return git(*arguments, **more)

    return limited


def test_without_trust_or_without_commits_there_is_none(root: Path, hashes: list[str], tmp_path: Path, opened):
    assert opened(trusted=False).history().commits == ()
    with pytest.raises(Unsupported):
        opened(trusted=True).history("no-such-commit")


def test_a_folder_without_repository_has_none(opened):
    assert opened(trusted=True).history().commits == ()
