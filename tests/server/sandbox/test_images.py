"""The images for containers: which suits, and what is said when one cannot be built."""

import asyncio
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from tercet_server.checks.suites import GoSuite, commands
from tercet_server.checks.suites.javascript import NodeSuite
from tercet_server.languages.tools import all_lint_tools
from tercet_server.ports import Jail
from tercet_server.sandbox.docker import RUNTIMES, Images
from tercet_server.sandbox.docker.box import Box
from tercet_server.sandbox.docker.engine import Engine
from tercet_server.sandbox.docker.sandbox import named
from tercet_shared.errors import SandboxFailed, SandboxUnavailable


class BuildingEngine:
    """An engine that has some images and answers a build with the given lines."""

    def __init__(self, has: set[str], *lines: dict[str, str]) -> None:
        self.api = self
        self._has = has
        self._lines = lines
        self.asked: dict[str, Any] = {}

    def has_image(self, image: str) -> bool:
        return image.removeprefix("tercet-sandbox:") in self._has

    def build(self, **asked: Any) -> Iterator[dict[str, str]]:
        self.asked = asked
        yield from self._lines


def test_a_runtime_has_its_own_image_or_this_machines():
    assert Images(BuildingEngine({"host", "go"})).chosen("go") == "tercet-sandbox:go"
    assert Images(BuildingEngine({"host", "go"})).chosen("node") == "tercet-sandbox:host"
    assert Images(BuildingEngine({"host", "go"})).built() == ["host", "go"]
    with pytest.raises(SandboxUnavailable, match="tercet sandbox build node"):
        Images(BuildingEngine({"go"})).chosen("node")


def test_what_no_image_has_is_said_with_the_command_that_makes_one():
    with pytest.raises(SandboxUnavailable, match=r"no image to run go in\. Run `tercet sandbox build go`"):
        Images(BuildingEngine({"python"})).chosen("go")
    with pytest.raises(SandboxUnavailable, match=r"this machine's own programs\. Run `tercet sandbox build`"):
        Images(BuildingEngine({"python"})).chosen("host")


@pytest.mark.parametrize(
    ("has", "said"),
    [
        ({"host"}, "tercet-sandbox:host (this machine's own programs) for all runtimes."),
        (
            {"host", "go", "node"},
            "Images: tercet-sandbox:node for node, tercet-sandbox:go for go. "
            "tercet-sandbox:host (this machine's own programs) for all else.",
        ),
        (
            {"go"},
            "Images: tercet-sandbox:go for go. None for python, node, rust, java, all else: "
            "`tercet sandbox build` or `tercet sandbox build python node rust java`.",
        ),
    ],
)
def test_which_image_runs_what_is_said_to_the_user(has: set[str], said: str):
    assert Images(BuildingEngine(has)).choices() == said


def test_a_program_of_this_machine_is_called_by_name_in_an_image_but_never_a_python_interpreter():
    place = Path("/project")
    go, python = Jail(place, place, runtime="go"), Jail(place, place, runtime="python")
    assert named(["/usr/local/go/bin/go", "vet"], go) == ["go", "vet"]
    assert named(["/home/me/go/bin/go", "vet"], go) == ["/home/me/go/bin/go", "vet"]
    assert named(["/usr/bin/python3.12", "-c", ""], python) == ["/usr/bin/python3.12", "-c", ""]


def test_every_runtime_that_is_asked_for_has_an_image():
    suites = {row.runtime for row in commands.runners()} | {GoSuite.runtime, NodeSuite.runtime}
    assert suites | {tool.runtime for tool in all_lint_tools()} == {"host", "node", "go", "rust", "java"}
    assert suites <= {"host", *RUNTIMES}


def test_a_build_is_told_line_by_line():
    engine, said = BuildingEngine(set(), {"stream": "Step 1\n"}, {"stream": "\n"}, {"aux": ""}), list[str]()
    assert Images(engine).build("rust", said.append) == "tercet-sandbox:rust"
    assert said == ["Step 1"]
    assert (engine.asked["target"], engine.asked["tag"]) == ("rust", "tercet-sandbox:rust")


def test_a_build_that_fails_says_why():
    engine = BuildingEngine(set(), {"stream": "Step 1\n"}, {"error": "no route to host"})
    with pytest.raises(SandboxFailed, match=r"image for java was not built: no route to host Step 1"):
        Images(engine).build("java", lambda _line: None)
    with pytest.raises(SandboxFailed, match="cobol"):
        Images(engine).build("cobol", lambda _line: None)


def test_the_dockerfile_has_a_target_for_every_runtime():
    dockerfile = files("tercet_server.sandbox.docker").joinpath("Dockerfile").read_text("utf-8")
    assert {line.split(" AS ")[1] for line in dockerfile.splitlines() if " AS " in line} == {"base", *RUNTIMES}


def test_an_engine_elsewhere_is_refused():
    with pytest.raises(SandboxUnavailable, match=r"Unix socket.*sandbox.docker_host"):
        Engine("tcp://10.0.0.1:2375")


class SlowEngine:
    """An engine whose containers are made even if nobody waits for them any more."""

    def __init__(self) -> None:
        self.asked, self.go_on = asyncio.Event(), asyncio.Event()
        self.there: list[str] = []

    async def create(self, *_asked: object) -> str:
        self.asked.set()
        await self.go_on.wait()
        self.there.append("made")
        return "made"

    async def remove(self, container: str) -> None:
        self.there.remove(container)


class AnyKind:
    image = "tercet-sandbox:host"

    def host_config(self, _engine: object) -> dict[str, str]:
        return {}

    def keeper(self) -> str:
        return "65534:65534"


async def test_a_start_that_is_given_up_leaves_no_container():
    engine = SlowEngine()
    starting = asyncio.create_task(Box.start(engine, AnyKind()))
    await engine.asked.wait()
    starting.cancel()
    engine.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert engine.there == []
