"""Which files are in the index, with git and without, and which never are."""

import os
from pathlib import Path

import pytest
from tercet_server.context.index import WorkspaceIndex

from tests.server.context.index.conftest import committed, git, names, paths, write

SECRETS = [".env", ".env.local", "deploy/server.pem", "id_rsa", ".netrc", "keys/app.key", ".git-credentials", ".npmrc"]


@pytest.fixture(params=[False, True], ids=["walked", "git"])
def trusted(request: pytest.FixtureRequest, root: Path) -> bool:
    """The same holds where git lists the files and where it must not run."""
    if request.param:
        git(root, "init", "-q")
        committed(root, "all")
    return bool(request.param)


def test_secrets_are_never_in_it(root: Path, trusted: bool, opened):
    write(root, dict.fromkeys(SECRETS, "TOKEN=hunter2\n"))
    if trusted:
        committed(root, "oops")
    index = opened(trusted=trusted)
    index.build()
    index.update(SECRETS, {".env": "TOKEN=hunter2"})
    snapshot = index.snapshot()
    assert not set(SECRETS) & set(paths(snapshot))
    assert snapshot.postings(["hunter", "hunter2"]) == {}


def test_what_git_ignores_is_not_in_it_however_deep_the_ignore_file(root: Path, trusted: bool, opened):
    write(root, {".gitignore": "*.log\nbuild/\n", "a.log": "x", "build/made.py": "x = 1\n"})
    write(
        root,
        {"shop/.gitignore": "local_*.py\n!local_kept.py\n", "shop/local_a.py": "", "shop/local_kept.py": "k = 1\n"},
    )
    index = opened(trusted=trusted)
    index.build()
    found = paths(index.snapshot())
    assert "shop/local_kept.py" in found
    assert not {"a.log", "build/made.py", "shop/local_a.py"} & set(found)
    index.update(["build/made.py", "shop/local_a.py", "shop/local_kept.py"])
    assert paths(index.snapshot()) == found


def test_an_ignore_file_of_our_own_holds_too_for_what_git_tracks(root: Path, trusted: bool, opened):
    write(root, {".tercetignore": "fixtures/\n", "fixtures/big.py": "x = 1\n", "shop/.tercetignore": "money.py\n"})
    index = opened(trusted=trusted)
    index.build()
    assert not {"fixtures/big.py", "shop/money.py"} & set(paths(index.snapshot()))
    index.update(["fixtures/big.py", "shop/money.py"])
    index.update(["fixtures/big.py", "shop/money.py"], {"fixtures/big.py": "unsaved = 1\n"})
    assert not {"fixtures/big.py", "shop/money.py"} & set(paths(index.snapshot()))


@pytest.mark.parametrize("pattern", ["[", "!", "\\", "[z-a]", "/", "a/**/", "\x00", "{"])
def test_a_malformed_pattern_excludes_nothing_and_the_others_hold(root: Path, pattern: str, opened):
    write(root, {".gitignore": f"{pattern}\n*.md\n"})
    index = opened()
    index.build()
    assert {"shop/cart.py", "shop/money.py"} <= set(paths(index.snapshot()))
    assert "README.md" not in paths(index.snapshot())


@pytest.mark.parametrize("pattern", ["*a" * 12 + "*b", "**/a/" * 12 + "b", ("*" + "?a" * 60 + "*b\n") * 300])
def test_a_pattern_meant_to_take_forever_does_not(root: Path, pattern: str, opened):
    """Python's own regular expressions would be at it for years, and every other thread would wait."""
    write(root, {".gitignore": f"{pattern}\n*.md\n", "a" * 200: "x", "a/" * 40 + "c.py": "def c(): pass\n"})
    index = opened()
    index.build()
    assert [located.definition.name for located in index.snapshot().named("c")] == ["c"]
    assert "README.md" not in paths(index.snapshot())


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_a_name_that_is_not_unicode_does_no_harm_to_the_others(root: Path, opened):
    write(root, {".gitignore": "*.md\n"})
    (root / os.fsdecode(b"odd-\xff.py")).write_text("x = 1\n")
    index = opened()
    index.build()
    assert paths(index.snapshot()) == [".gitignore", "shop/cart.py", "shop/money.py"]


def test_a_submodule_and_a_nested_repository_are_listed_by_their_own_rules(tmp_path: Path, root: Path, opened):
    library = tmp_path / "library"
    write(library, {"lib/core.py": "def core(): pass\n", ".gitignore": "*.tmp\n"})
    git(library, "init", "-q")
    committed(library, "library")
    git(root, "init", "-q")
    git(root, "submodule", "add", "-q", str(library), "deps/library")
    committed(root, "with a submodule")
    write(root, {"deps/library/x.tmp": "x", "nested/inner.py": "def inner(): pass\n"})
    git(root / "nested", "init", "-q")
    index = opened(trusted=True)
    index.build()
    assert names(index.snapshot(), "deps/library/lib/core.py") == ["core"]
    assert names(index.snapshot(), "nested/inner.py") == ["inner"]
    assert "deps/library/x.tmp" not in paths(index.snapshot())


@pytest.mark.skipif(os.name == "nt", reason="symlinks need rights there")
def test_symlinks_are_not_followed_in_circles_nor_outside(tmp_path: Path, root: Path, trusted: bool, opened):
    write(tmp_path, {"outside/secret.py": "def secret(): pass\n"})
    (root / "loop").symlink_to(root)
    (root / "shop/up").symlink_to("..")
    (root / "away").symlink_to(tmp_path / "outside")
    (root / "single.py").symlink_to(tmp_path / "outside/secret.py")
    index = opened(trusted=trusted)
    index.build()
    assert index.snapshot().named("secret") == []
    assert paths(index.snapshot()) == ["README.md", "shop/cart.py", "shop/money.py"]
    index.update(["single.py", "away/secret.py", "../outside/secret.py"])
    assert index.snapshot().named("secret") == []


def test_a_virtual_environment_is_left_out(root: Path, trusted: bool, opened):
    write(root, {"tools/pyvenv.cfg": "home = /usr\n", "tools/lib/thing.py": "def thing(): pass\n"})
    index = opened(trusted=trusted)
    index.build()
    assert index.snapshot().named("thing") == []


def test_a_repository_that_git_cannot_read_is_walked(root: Path, opened):
    git(root, "init", "-q")
    (root / ".git/HEAD").write_text("nonsense")
    index = opened(trusted=True)
    index.build()
    assert "shop/cart.py" in paths(index.snapshot())
    assert "without git" in " ".join(index.status().problems)


def test_vendored_generated_and_minified_files_are_marked(root: Path, index: WorkspaceIndex):
    squeezed = "function a(){return 1}" * 3000
    write(
        root,
        {
            "third_party/lib.py": "def vendored(): pass\n",
            "api_pb2.py": "def by_name(): pass\n",
            "made.py": "# Code generated by a tool. DO NOT EDIT.\ndef by_note(): pass\n",
            "app.min.js": "function one(){}\n",
            "bundle.js": squeezed,
        },
    )
    index.build()
    snapshot = index.snapshot()
    marks = {
        file.path: [name for name in ("vendored", "generated", "minified") if getattr(file, name)]
        for file in snapshot.files
    }
    assert {path: marks[path] for path in marks if marks[path]} == {
        "third_party/lib.py": ["vendored"],
        "api_pb2.py": ["generated"],
        "made.py": ["generated"],
        "app.min.js": ["minified"],
        "bundle.js": ["minified"],
    }
    assert names(snapshot, "made.py") == ["by_note"]
    assert names(snapshot, "bundle.js") == []
