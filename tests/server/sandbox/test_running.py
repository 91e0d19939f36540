"""The ordinary life of a sandboxed command."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tercet_server.ports import Ending, Jail, Limits, Sandbox
from tercet_shared.errors import SandboxFailed

from .conftest import LIMITS, Runner, with_docker

pytestmark = with_docker


async def test_a_command_runs_in_the_copy(python: Runner, copy: Path):
    (copy / "data.txt").write_text("from the copy")
    result = await python(
        "import os; print(os.getcwd()); print(open('data.txt').read()); open('new.txt', 'w').write('x')"
    )
    assert result.stdout.decode().splitlines() == [str(python.root), "from the copy"], result.stderr
    assert (result.ending, result.exit_code) == (Ending.EXITED, 0)
    assert (copy / "new.txt").read_text() == "x"


@pytest.mark.parametrize("code", [0, 1, 5, 127])
async def test_the_exit_code_is_the_commands(python: Runner, code: int):
    assert (await python(f"raise SystemExit({code})")).exit_code == code


async def test_a_death_by_signal_is_not_an_exit(python: Runner):
    result = await python("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert (result.ending, result.exit_code) == (Ending.SIGNALLED, None)


async def test_stdin_is_fed_and_ends(python: Runner):
    data = bytes(range(256)) * 20_000
    result = await python(
        "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])",
        stdin=data,
        limits=replace(LIMITS, output_bytes=2 * len(data)),
    )
    assert result.stdout == data[::-1]


async def test_stdin_that_nobody_reads_is_no_error(python: Runner):
    assert (await python("print('done')", stdin=b"x" * 10_000_000)).stdout == b"done\n"


async def test_a_folder_of_the_copy_can_be_the_working_folder(python: Runner, copy: Path):
    (copy / "a" / "b").mkdir(parents=True)
    assert (await python("import os; print(os.getcwd())", cwd="a/b")).stdout.decode().strip() == str(
        python.root / "a/b"
    )


@pytest.mark.parametrize("cwd", ["..", "/etc", "a/../.."])
async def test_a_working_folder_outside_the_copy_is_refused(python: Runner, cwd: str):
    with pytest.raises(SandboxFailed, match="inside the workspace"):
        await python("pass", cwd=cwd)


async def test_a_command_that_does_not_exist_is_named(sandbox: Sandbox, jail: Jail):
    with pytest.raises(SandboxFailed, match="no-such-command"):
        await sandbox.run(jail, ["no-such-command"], LIMITS)


async def test_a_working_folder_that_does_not_exist_is_named(python: Runner):
    with pytest.raises(SandboxFailed, match="nowhere"):
        await python("pass", cwd="nowhere")


async def test_both_streams_are_kept_apart_and_whole(python: Runner):
    result = await python("import sys; print('out' * 1000); print('err' * 1000, file=sys.stderr)")
    assert (result.stdout, result.stderr) == (b"out" * 1000 + b"\n", b"err" * 1000 + b"\n")
    assert not result.stdout_cut
    assert not result.stderr_cut


async def test_output_is_cut_and_the_cut_is_said(python: Runner):
    result = await python("print('a' * 5000, end='')", limits=replace(LIMITS, output_bytes=1000))
    assert (result.stdout, result.stdout_cut, result.stderr_cut) == (b"a" * 1000, True, False)


async def test_exactly_the_limit_is_not_cut(python: Runner):
    result = await python("print('a' * 1000, end='')", limits=replace(LIMITS, output_bytes=1000))
    assert (len(result.stdout), result.stdout_cut) == (1000, False)


async def test_multiprocessing_works_where_there_is_a_private_shared_memory(python: Runner):
    """Without namespaces there is none, a stated limit: the program is told so at once, and does not hang."""
    program = "import multiprocessing as m\nwith m.Pool(2) as pool: print(sum(pool.map(abs, range(-50, 50))))"
    result = await python(program)
    if python.sandbox.name != "process":
        assert result.stdout == b"2500\n"
    else:
        assert (result.ending, result.exit_code) == (Ending.EXITED, 1), result


async def test_the_duration_is_the_commands(python: Runner):
    result = await python("import time; time.sleep(0.3)")
    assert 0.3 <= result.duration_s < 5


async def test_what_the_workspace_needs_below_its_own_root_is_there_read_only(
    sandbox: Sandbox, copy: Path, tmp_path: Path
):
    """A virtual environment inside the workspace is not in the copy, but is seen at its own path."""
    workspace = tmp_path / "home" / "workspace"
    (workspace / ".venv" / "lib").mkdir(parents=True)
    (workspace / ".venv" / "lib" / "module.py").write_text("VALUE = 5")
    inside = Jail(copy, workspace, (workspace / ".venv",))
    script = f"cat {workspace}/.venv/lib/module.py; echo x > {workspace}/.venv/lib/new && echo written; true"
    result = await sandbox.run(inside, ["/bin/sh", "-c", script], LIMITS)
    assert result.stdout == b"VALUE = 5"
    assert not (workspace / ".venv/lib/new").exists()


async def test_the_interpreter_is_the_asked_for(python: Runner):
    assert (await python("import sys; print(sys.executable)")).stdout.decode().strip() == sys.executable


async def test_the_environment_asked_for_is_added(sandbox: Sandbox, jail: Jail):
    result = await sandbox.run(
        replace(jail, environment={"ASKED": "é for"}), ["/bin/sh", "-c", 'echo "$ASKED"'], Limits()
    )
    assert result.stdout.decode().strip() == "é for"


async def test_what_a_command_leaves_in_the_copy_stays_and_nothing_else_does(python: Runner, copy: Path):
    """The copy stands below /tmp here, which is emptied between the commands."""
    (copy / "closed").mkdir(mode=0o500)
    (copy / "data.txt").write_text("data")
    program = (
        "import os\nprint(sorted(os.listdir()), os.path.exists(os.environ['TMPDIR'] + '/left'))\n"
        "os.makedirs(os.environ['TMPDIR'] + '/left/deep', 0o000)"
    )
    for _ in range(3):
        result = await python(program)
        assert result.stdout == b"['closed', 'data.txt'] False\n", result
        await asyncio.sleep(0.3)  # time enough to do harm
    assert (copy / "data.txt").read_text() == "data"
    assert (copy / "closed").stat().st_mode & 0o777 == 0o500
