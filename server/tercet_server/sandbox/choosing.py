"""Finds out which back ends work here, and chooses the strongest. A back end works if it has kept a probe in.

Also sweeps what a killed daemon has left on disk. Its processes ended with it: their life lines are held by the kernel.
Docker is chosen where somebody has built an image for it: that an engine answers says nothing about the user's wish.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from tercet_shared.errors import SandboxFailed, SandboxUnavailable

from tercet_server.config import SandboxSettings
from tercet_server.ports import Ending, Jail, Limits, Sandbox
from tercet_server.sandbox import landlock, scratch, seccomp
from tercet_server.sandbox.backend import TreeSandbox
from tercet_server.sandbox.unisolated import UnisolatedSandbox
from tercet_server.sandbox.watchdog import Watchdog

PROBE_LIMITS = Limits(wall_s=10.0, memory_bytes=256 * 1024**2, processes=16)
PROBE = 'if cat "$1" 2>/dev/null; then echo open; else echo confined; fi'
NEEDED_OPTIONS = ("--json-status-fd", "--block-fd", "--size", "--perms", "--seccomp", "--args")
INSTALL = "Install bubblewrap 0.8 or later (Debian, Ubuntu: `sudo apt install bubblewrap`; Fedora: `sudo dnf install bubblewrap`)"
LIBSECCOMP = "Install libseccomp (Debian, Ubuntu: `sudo apt install libseccomp2`)."


@dataclass(frozen=True)
class BackendStatus:
    """One back end here: whether it works, what it isolates, and what to do or to know."""

    name: str
    available: bool
    isolation: str
    advice: str


Maker = Callable[[Watchdog, SandboxSettings], Awaitable[TreeSandbox]]


async def choose(settings: SandboxSettings) -> Sandbox:
    """The strongest back end that works and is at least `settings.minimum`, or the one that `settings.backend` names.

    Raises SandboxUnavailable if there is none.
    """
    await asyncio.to_thread(scratch.sweep)
    reasons = []
    for name in _allowed(settings):
        try:
            return await BACKENDS[name][1](Watchdog(), settings)
        except SandboxUnavailable as error:
            reasons.append(error.sentence)
    raise SandboxUnavailable(" ".join([_nothing(settings), *reasons]))


async def survey(settings: SandboxSettings) -> list[BackendStatus]:
    """Every back end, strongest first, for `tercet doctor`."""
    return [await _status(name, isolation, make, settings) for name, (isolation, make) in BACKENDS.items()]


def _allowed(settings: SandboxSettings) -> list[str]:
    isolations = {"container": 1, "namespaces": 2, "reduced": 3, "none": 4}[settings.minimum]
    allowed = list(BACKENDS)[:isolations]
    return allowed if settings.backend == "auto" else [name for name in allowed if name == settings.backend]


def _nothing(settings: SandboxSettings) -> str:
    if settings.backend != "auto" and settings.backend not in _allowed(settings):
        isolation = BACKENDS[settings.backend][0]
        return (
            f"sandbox.backend = {settings.backend!r} isolates less ({isolation}) than sandbox.minimum demands "
            f"({settings.minimum}). Change one of the two."
        )
    if settings.backend != "auto":
        return f"sandbox.backend = {settings.backend!r} does not work here. Repair it, or set it to 'auto'."
    weaker = {
        "container": 'or allow weaker isolation with `minimum = "namespaces"` under `[sandbox]` in your settings',
        "namespaces": 'or allow weaker isolation with `minimum = "reduced"` under `[sandbox]` in your settings',
        "reduced": 'or let project code run unprotected with `minimum = "none"` under `[sandbox]` in your settings',
        "none": "or see `tercet doctor`",
    }[settings.minimum]
    way = "Install Docker and run `tercet sandbox build`" if settings.minimum == "container" else INSTALL
    return f"Nothing here isolates project code as strongly as demanded ({settings.minimum}). {way}, {weaker}."


async def _status(name: str, isolation: str, make: Maker, settings: SandboxSettings) -> BackendStatus:
    try:
        sandbox = await make(Watchdog(), settings)
    except SandboxUnavailable as error:
        return BackendStatus(name, False, isolation, error.sentence)
    await sandbox.close()
    return BackendStatus(name, True, isolation, " ".join(sandbox.notes))


async def _docker(watchdog: Watchdog, settings: SandboxSettings) -> TreeSandbox:
    path = Path(settings.docker_host.removeprefix("unix://"))
    if not await asyncio.to_thread(path.exists):
        raise SandboxUnavailable(f"There is no Docker engine at {settings.docker_host} (sandbox.docker_host).")
    from tercet_server.sandbox.docker import Images, connect  # noqa: PLC0415  # heavy, and not everybody's

    sandbox = await connect(watchdog, settings.docker_host)
    try:
        try:
            built = await sandbox.engine.call(Images(sandbox.engine).built)
        except SandboxFailed as error:
            raise SandboxUnavailable(error.sentence) from error
        if not built:
            raise SandboxUnavailable("Docker has no image to run code in yet. Make one: `tercet sandbox build`.")
        if settings.backend == "auto" and "host" not in built:
            raise SandboxUnavailable(
                f"Docker has images for {', '.join(built)} alone. Make one for all else: `tercet sandbox build`."
            )
        sandbox.notes = (await sandbox.engine.call(Images(sandbox.engine).choices),)
        advice = "The engine must run on this machine and be allowed to mount its folders."
        return await _proved(sandbox, advice, built[0])
    except BaseException:
        await sandbox.close()
        raise


async def _bubblewrap(watchdog: Watchdog, _settings: SandboxSettings) -> TreeSandbox:
    program = await asyncio.to_thread(shutil.which, "bwrap") if sys.platform == "linux" else None
    if program is None:
        raise SandboxUnavailable(f"bubblewrap is not installed. {INSTALL}.")
    options = await asyncio.to_thread(_options, program)
    missing = [option for option in NEEDED_OPTIONS if option not in options]
    if missing:
        raise SandboxUnavailable(f"This bubblewrap is too old: it lacks {', '.join(missing)}. {INSTALL}.")
    from tercet_server.sandbox.bubblewrap import BubblewrapSandbox  # noqa: PLC0415  # its modules exist on Linux alone

    sandbox = BubblewrapSandbox(watchdog, program, await _filter(), options)
    if os.geteuid() == 0:
        sandbox.notes = (
            "As root: code runs as the owner of the copy or, where that is root, as root without capabilities.",
        )
    return await _proved(
        sandbox, "Allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, AppArmor)."
    )


async def _process(watchdog: Watchdog, _settings: SandboxSettings) -> TreeSandbox:
    abi = landlock.kernel_abi()
    if abi == 0:
        raise SandboxUnavailable(
            "The kernel has no Landlock, or has it switched off (Linux 5.13 or later, `lsm=landlock`)."
        )
    if os.geteuid() == 0 and abi < landlock.SIGNALS_SINCE_ABI:
        raise SandboxUnavailable(
            "As root, Landlock suffices only from Linux 6.12 on. Run the daemon as an ordinary user."
        )
    await _filter()
    from tercet_server.sandbox.process import ProcessSandbox  # noqa: PLC0415  # imported where it can work

    sandbox = ProcessSandbox(watchdog, abi)
    sandbox.notes = _process_notes(abi)
    return await _proved(sandbox, "See `tercet daemon logs`.")


def _process_notes(abi: int) -> tuple[str, ...]:
    notes = ["Names of files outside can be seen, their contents cannot; modes and times of files cannot be set."]
    if os.geteuid() == 0:
        notes.append(
            "As root: code runs as the owner of the copy or, where that is root, as nobody who may use root's files."
        )
    if abi < landlock.SIGNALS_SINCE_ABI:
        notes.append("Before Linux 6.12 project code can send signals to your other processes.")
    return tuple(notes)


async def _unisolated(watchdog: Watchdog, _settings: SandboxSettings) -> TreeSandbox:
    return UnisolatedSandbox(watchdog)


async def _filter() -> bytes:
    try:
        return await asyncio.to_thread(seccomp.program)
    except (ImportError, RuntimeError, OSError) as error:
        raise SandboxUnavailable(f"System calls cannot be filtered ({error}). {LIBSECCOMP}") from error


async def _proved(sandbox: TreeSandbox, advice: str, runtime: str = "host") -> TreeSandbox:
    """Runs a command in it that tries to read a file outside."""
    folder, inside, outside = await asyncio.to_thread(_probe_folder)
    try:
        jail = Jail(inside, inside, runtime=runtime)
        result = await sandbox.run(jail, ["/bin/sh", "-c", PROBE, "probe", str(outside)], PROBE_LIMITS)
    except SandboxFailed as error:
        raise SandboxUnavailable(f"{sandbox.name} does not work here: {error.sentence} {advice}") from error
    finally:
        await asyncio.to_thread(scratch.remove, folder)
    if result.ending is not Ending.EXITED or result.stdout.strip() != b"confined":
        said = (result.stdout + result.stderr).decode(errors="replace")[:300]
        raise SandboxUnavailable(f"{sandbox.name} does not keep code in here ({result.ending}: {said!r}). {advice}")
    return sandbox


def _probe_folder() -> tuple[Path, Path, Path]:
    """A folder with a copy to run in, and a file beside it."""
    folder = Path(tempfile.mkdtemp(prefix="tercet-probe-"))
    inside, outside = folder / "inside", folder / "outside"
    inside.mkdir()
    outside.write_text("open", "utf-8")
    return folder, inside, outside


def _options(program: str) -> frozenset[str]:
    said = subprocess.run([program, "--help"], capture_output=True, text=True, check=False, timeout=10)
    return frozenset(word for word in (said.stdout + said.stderr).split() if word.startswith("--"))


BACKENDS: dict[str, tuple[str, Maker]] = {
    "docker": ("container", _docker),
    "bubblewrap": ("namespaces", _bubblewrap),
    "process": ("reduced", _process),
    "none": ("not isolated", _unisolated),
}
"""What each isolates, and what makes one that works; strongest first."""
