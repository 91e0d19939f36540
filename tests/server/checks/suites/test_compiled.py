"""What is compiled ahead for a Go workspace: all that its tests need, within the time of whoever waits for it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from tercet_server.checks import WorkspaceTests
from tercet_server.checks import tests as workspace_tests
from tercet_server.checks.suites import GoSuite, compiled_for, suites_of
from tercet_server.edits import file_edit
from tercet_server.ports import Ending, Jail, Limits, Opening, Sandbox, SandboxResult
from tercet_shared.edits import ChangeSet
from tercet_shared.runs import Progress
from tercet_shared.workspaces import Interpreter

from tests.doubles.compiled_go import has_go
from tests.doubles.folder_copy import FolderCopy

pytestmark = [
    pytest.mark.must_have("repair of Go"),
    pytest.mark.skipif(not has_go(), reason="there is no Go"),
    pytest.mark.timeout(400),
]

Copies = Callable[..., FolderCopy]
SHOP = {
    "go.mod": "module shop\n\ngo 1.21\n",
    "main.go": 'package main\n\nimport "shop/cart"\n\nfunc main() { println(cart.Total(1)) }\n',
    "cart/cart.go": 'package cart\n\nimport "shop/price"\n\nfunc Total(n int) int { return n * price.Of(n) }\n',
    "cart/cart_test.go": """\
        package cart

        import "testing"

        func TestTotal(t *testing.T) {
        \tif Total(2) != 6 {
        \t\tt.Fatal(Total(2))
        \t}
        }
    """,
    "cart/outside_test.go": """\
        package cart_test

        import (
        \t"shop/cart"
        \t"testing"
        )

        func TestOutside(t *testing.T) {
        \tif cart.Total(1) != 3 {
        \t\tt.Fatal(cart.Total(1))
        \t}
        }
    """,
    "price/price.go": "package price\n\nfunc Of(n int) int { return 3 }\n",
    "price/price_test.go": 'package price\n\nimport "testing"\n\nfunc TestPrice(t *testing.T) {}\n',
    "other/other.go": "package other\n\nfunc Nothing() {}\n",
    "other/other_test.go": 'package other\n\nimport "testing"\n\nfunc TestNothing(t *testing.T) { Nothing() }\n',
    "broken/broken.go": 'package broken\n\nfunc Text() int { return "no number" }\n',
}
LOUD = """
go test -x -vet=off -c -o "$TMPDIR" ./cart ./price ./other 2>&1
go test -x -vet=off -c -cover -coverpkg=./... -o "$TMPDIR" ./cart 2>&1
go test -x -vet=off -c -cover -coverpkg=./... -o "$TMPDIR" ./other 2>&1
"""


async def test_after_the_fill_only_what_has_changed_is_compiled(
    copy_of: Copies, sandbox: Sandbox, warm_go: Callable[[FolderCopy], Awaitable[None]], tmp_path: Path
):
    """Traced and not, packages beside one that does not build, tests that look at their package from outside."""
    if sandbox.isolation != "namespaces":
        pytest.skip("elsewhere a copy does not stand at the workspace's own path, which what is compiled depends on")
    copy = copy_of(SHOP)
    await warm_go(copy)
    compiled = await asyncio.to_thread(compiled_for, tmp_path / "caches", copy)
    [suite] = await suites_of(copy, compiled.kept, compiled.own)
    assert isinstance(suite, GoSuite)
    assert await compiled.fill(sandbox, Limits(), copy, suite, 300)
    await compiled.lend()

    async def compiles() -> set[str]:
        """The packages of the workspace that the compiler is started for."""
        jail = Jail(copy.root, copy.original, suite.readable, (compiled.own,), suite.environment)
        limits = Limits(wall_s=200, output_bytes=8 * 1024**2)
        result = await sandbox.run(jail, ["sh", "-c", LOUD], limits)
        assert result.stdout.count(b"/link ") == 5, result
        lines = [line for line in result.stdout.decode().splitlines() if "/compile " in line]
        return {line.partition(" -p ")[2].split()[0] for line in lines} - {"main"}

    assert await compiles() == set()
    text = await copy.read_text("price/price.go")
    await copy.apply(ChangeSet(files=[file_edit("price/price.go", text, text.replace("3", "4"))]))
    assert await compiles() == {"shop/price", "shop/cart", "shop/cart_test"}


class Compiler:
    """A sandbox in which compiling ends as it is told to, once `go_on` is set. Keeps what time it was given."""

    name, isolation = "double", "none"

    def __init__(self, ending: Ending = Ending.EXITED) -> None:
        self.ending = ending
        self.given_s: list[float] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.started = asyncio.Event()
        self.ended = False

    def root_inside(self, jail: Jail) -> Path:
        return jail.appears_at

    async def run(
        self, jail: Jail, command: Sequence[str], limits: Limits, stdin: bytes = b"", cwd: str = "."
    ) -> SandboxResult:
        self.given_s.append(limits.wall_s)
        self.started.set()
        try:
            await self.go_on.wait()
        finally:
            self.ended = True
        return SandboxResult(0, self.ending, b"", b"", False, False, 0.1)


def compiling_with(compiler: Compiler, folder: Path) -> WorkspaceTests:
    return WorkspaceTests(compiler, folder / "caches")  # type: ignore[arg-type]  # nothing is opened in it


async def test_compiling_takes_half_of_the_time_at_most_and_none_of_what_is_over(
    copy_of: Copies, interpreter: Interpreter, tmp_path: Path
):
    copy = copy_of(SHOP | {"tool/go.mod": "module tool\n"})
    compiler = Compiler()
    async with compiling_with(compiler, tmp_path).session(copy, interpreter, 1, (), Opening(40)):
        pass
    assert len(compiler.given_s) == 2, "one for each module"
    assert all(each <= 20 for each in compiler.given_s)
    async with compiling_with(compiler, tmp_path).session(copy, interpreter, 1, (), Opening(0)):
        pass
    assert len(compiler.given_s) == 2


@pytest.mark.parametrize(("ending", "times"), [(Ending.EXITED, [1, 1, 1]), (Ending.TIMEOUT, [1, 1, 2])])
async def test_what_there_was_no_time_for_is_gone_on_with_by_the_next_copy(
    copy_of: Copies, interpreter: Interpreter, tmp_path: Path, ending: Ending, times: list[int]
):
    copy = copy_of(SHOP)
    later = await asyncio.to_thread(FolderCopy, copy.original, tmp_path / "later")
    compiler = Compiler(ending)
    tests = compiling_with(compiler, tmp_path)
    seen = []
    for each in (copy, copy, later):
        async with tests.session(each, interpreter, 1):
            seen.append(len(compiler.given_s))
    assert seen == times


async def test_compiling_is_told_once_it_takes_its_time(
    copy_of: Copies, interpreter: Interpreter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    compiler = Compiler()
    told: list[str] = []

    async def listen(progress: Progress) -> None:
        told.append(progress.message)
        compiler.go_on.set()

    copy = copy_of(SHOP)
    monkeypatch.setattr(workspace_tests, "_UNTOLD_S", 60.0)
    async with compiling_with(compiler, tmp_path).session(copy, interpreter, 1, (), Opening(60, listen)):
        assert told == []
    monkeypatch.setattr(workspace_tests, "_UNTOLD_S", 0.01)
    compiler.go_on.clear()
    async with compiling_with(compiler, tmp_path).session(copy, interpreter, 1, (), Opening(60, listen)):
        assert told == ["Compiling the Go packages, which is kept for later runs"]


@pytest.mark.parametrize("untold_s", [0.0, 60.0])
async def test_a_session_that_is_given_up_leaves_no_compiler_behind(
    copy_of: Copies, interpreter: Interpreter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, untold_s: float
):
    monkeypatch.setattr(workspace_tests, "_UNTOLD_S", untold_s)
    compiler = Compiler()
    compiler.go_on.clear()
    copy = copy_of(SHOP)

    async def opened() -> None:
        async with compiling_with(compiler, tmp_path).session(copy, interpreter, 1):
            pass

    opening = asyncio.ensure_future(opened())
    await asyncio.wait_for(compiler.started.wait(), 60)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert compiler.ended
    assert not list(tmp_path.glob("twin-*"))
