"""Which back end is chosen, and what is said when none will do."""

import asyncio
import shutil
from pathlib import Path

import pytest
from tercet_server.config import SandboxSettings
from tercet_server.ports import Jail
from tercet_server.sandbox import choose, choosing, landlock, survey
from tercet_server.sandbox.unisolated import UnisolatedSandbox
from tercet_server.sandbox.watchdog import Watchdog
from tercet_shared.errors import SandboxUnavailable

from .conftest import LIMITS

NO_BWRAP = pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed")


@NO_BWRAP
@pytest.mark.must_have("the strongest back end is the default")
@pytest.mark.parametrize("minimum", ["namespaces", "reduced", "none"])
async def test_the_strongest_is_chosen(minimum: str):
    chosen = await choose(SandboxSettings(minimum=minimum))
    assert (chosen.name, chosen.isolation) == ("bubblewrap", "namespaces")


async def test_without_bubblewrap_isolation_is_reduced(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    assert (await choose(SandboxSettings())).isolation == "reduced"


async def test_who_demands_namespaces_is_told_how_to_get_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SandboxUnavailable, match=r"apt install bubblewrap.*minimum = \"reduced\""):
        await choose(SandboxSettings(minimum="namespaces"))


async def test_no_isolation_is_chosen_only_by_who_opted_in(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(landlock, "kernel_abi", lambda: 0)
    with pytest.raises(SandboxUnavailable, match=r"minimum = \"none\".*Landlock"):
        await choose(SandboxSettings(minimum="reduced"))
    assert (await choose(SandboxSettings(minimum="none"))).isolation == "not isolated"


async def test_a_bubblewrap_that_does_not_work_is_not_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Many systems have it installed and its namespaces forbidden."""
    fake = tmp_path / "bwrap"
    options = " ".join(choosing.NEEDED_OPTIONS)
    fake.write_text(
        f'#!/bin/sh\n[ "$1" = --help ] && echo "{options}" && exit 0\necho "bwrap: No permissions" >&2; exit 1\n'
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    statuses = {status.name: status for status in await survey(SandboxSettings())}
    assert not statuses["bubblewrap"].available
    assert "No permissions" in statuses["bubblewrap"].advice
    assert "user namespaces" in statuses["bubblewrap"].advice
    assert (await choose(SandboxSettings())).name == "process"


async def test_a_bubblewrap_that_keeps_nothing_in_is_not_chosen(monkeypatch: pytest.MonkeyPatch):
    async def open_one(watchdog: Watchdog) -> object:
        return await choosing._proved(UnisolatedSandbox(watchdog), "Advice.")

    with pytest.raises(SandboxUnavailable, match="does not keep code in"):
        await open_one(Watchdog())


async def test_an_old_bubblewrap_is_told_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho --args --seccomp\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert "too old" in (await survey(SandboxSettings()))[1].advice


async def test_an_engine_that_answers_and_does_not_work_is_passed_over(tmp_path: Path):
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        body = b'{"ApiVersion": "1.41"}' if b"/version" in asked.split(b"\r\n")[0] else b'{"message": "broken"}'
        status = b"200 OK" if b"ApiVersion" in body else b"500 Internal Server Error"
        head = b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\nConnection: close\r\n"
        writer.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(answer, tmp_path / "docker.sock")
    async with server:
        settings = SandboxSettings(docker_host=f"unix://{tmp_path}/docker.sock")
        statuses = {status.name: status for status in await survey(settings)}
        assert not statuses["docker"].available
        assert "refused" in statuses["docker"].advice
        assert (await choose(settings)).name != "docker"


async def test_the_survey_lists_all_strongest_first():
    assert [(status.name, status.isolation) for status in await survey(SandboxSettings())] == [
        ("docker", "container"),
        ("bubblewrap", "namespaces"),
        ("process", "reduced"),
        ("none", "not isolated"),
    ]


async def test_without_isolation_limits_and_reaping_still_hold(tmp_path: Path):
    sandbox = UnisolatedSandbox(Watchdog())
    jail = Jail(tmp_path, Path("/workspace"), environment={"ASKED": "for"})
    assert sandbox.root_inside(jail) == tmp_path
    result = await sandbox.run(jail, ["/bin/sh", "-c", "pwd; echo $ASKED; (sleep 300 &); exit 4"], LIMITS)
    assert (result.stdout.decode(), result.exit_code) == (f"{tmp_path}\nfor\n", 4)
