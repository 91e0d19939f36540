"""The hostile set on every back end: what comes of each attack is what docs/security.md says."""

import importlib.util
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType

import pytest
import pytest_asyncio
from tercet_server.config import SandboxSettings
from tercet_server.ports import Sandbox
from tercet_server.sandbox import choosing
from tercet_server.sandbox.hostile import ATTACKS, DAEMON_KILLED, NAMES, Attack, attempt, orphaned, possible
from tercet_server.sandbox.watchdog import Watchdog
from tercet_shared.errors import SandboxUnavailable

REPOSITORY = Path(__file__).parents[3]
BACK_ENDS = ("docker", "bubblewrap", "process")

pytestmark = [
    pytest.mark.must_have("the sandboxes are what keeps hostile code in"),
    pytest.mark.asyncio(loop_scope="module"),
]


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("security_table", REPOSITORY / "scripts/generate_security_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SCRIPT = _script()
PAGE = SCRIPT.cells(SCRIPT.PAGE.read_text("utf-8"))


@pytest.fixture(scope="module", params=BACK_ENDS)
def settings(request: pytest.FixtureRequest) -> tuple[str, SandboxSettings]:
    if request.param != "docker":
        return request.param, SandboxSettings()
    return request.param, SandboxSettings(docker_host=request.getfixturevalue("docker_host"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox(settings: tuple[str, SandboxSettings]) -> AsyncIterator[Sandbox]:
    name, configured = settings
    try:
        made = await choosing.BACKENDS[name][1](Watchdog(), configured)
    except SandboxUnavailable as error:
        pytest.skip(error.sentence)
    yield made
    await made.close()


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
async def test_an_attack_ends_as_the_page_says(sandbox: Sandbox, attack: Attack):
    if not possible(attack):
        pytest.xfail("its system calls have other numbers on this machine")
    outcome = await attempt(sandbox, attack)
    assert SCRIPT.cell(outcome) == PAGE[attack.name][sandbox.name]


async def test_code_dies_with_its_daemon(sandbox: Sandbox, settings: tuple[str, SandboxSettings]):
    broken = await orphaned(sandbox.name, settings[1])
    assert ("contained" if not broken else f"**not contained**: {broken}") == PAGE[DAEMON_KILLED][sandbox.name]


async def test_the_page_has_a_row_for_every_attack():
    assert tuple(PAGE) == NAMES


HARMLESS = (
    "read ~/.ssh",
    "secrets in the environment and in /proc",
    "connect to 127.0.0.1 by TCP and UDP",
    "connect to an abstract socket",
    "connect to the sockets of daemons",
    "kill a process of the host",
    "write through a symbolic link",
    "use io_uring",
)


@pytest.mark.parametrize("attack", [each for each in ATTACKS if each.name in HARMLESS], ids=lambda attack: attack.name)
async def test_the_attacks_bite_where_nothing_is_isolated(attack: Attack):
    """Else "contained" would say nothing."""
    if not possible(attack):
        pytest.xfail("its system calls have other numbers on this machine")
    unprotected = await choosing.BACKENDS["none"][1](Watchdog(), SandboxSettings())
    assert (await attempt(unprotected, attack)).broken
