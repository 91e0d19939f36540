"""The built wheel, installed into an empty environment outside the repository, gives working commands."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tercet_shared.discovery import installed_version

REPOSITORY = Path(__file__).parents[2]
UV = str(Path(sys.executable).with_name("uv"))

pytestmark = [pytest.mark.must_have(reason="what is released is the wheel"), pytest.mark.timeout(300)]


@dataclass(frozen=True)
class Installation:
    """An environment that knows Tercet from its wheel alone, and a home for its daemon."""

    folder: Path
    home: Path

    def run(self, command: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "TERCET_HOME": str(self.home / "tercet"),
        }
        return subprocess.run(
            [str(self.folder / "bin" / command), *arguments],
            cwd=self.home,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(REPOSITORY)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("tercet-*.whl")
    environment = folder / "env"
    subprocess.run([UV, "venv", "-q", "--python", sys.executable, str(environment)], check=True, cwd=folder)
    lock = REPOSITORY / "requirements.lock"
    install = [
        UV,
        "pip",
        "install",
        "-q",
        "--python",
        str(environment / "bin" / "python"),
        "--constraint",
        str(lock),
        str(wheel),
    ]
    subprocess.run(install, check=True, cwd=folder)
    installed = Installation(environment, tmp_path_factory.mktemp("h"))
    yield installed
    installed.run("tercet", "daemon", "stop")


def test_both_commands_tell_their_version(installation: Installation):
    for command in ("tercet", "tercet-lsp"):
        told = installation.run(command, "--version")
        assert (told.returncode, told.stdout.split()) == (0, [command, installed_version()]), told.stderr


def test_the_doctor_answers_through_a_daemon_of_the_same_wheel(installation: Installation):
    report = installation.run("tercet", "doctor", "--json")
    assert json.loads(report.stdout)["version"] == installed_version(), report.stderr
    status = json.loads(installation.run("tercet", "daemon", "status", "--json").stdout)
    assert status["running"]


def test_the_wheel_holds_the_three_packages_and_nothing_else(installation: Installation):
    program = "import tercet_shared, tercet_lsp, tercet_server; print(tercet_server.__file__)"
    where = installation.run("python", "-c", program).stdout
    assert str(installation.folder) in where
    tops = {path.parts[-1] for path in (installation.folder / "lib").glob("python*/site-packages/tercet*")}
    assert {each for each in tops if "." not in each} == {"tercet_shared", "tercet_lsp", "tercet_server"}


def test_the_wheel_reads_every_language_of_the_catalogue(installation: Installation):
    program = "from tercet_server.languages import *; print([grammar_problem(each) for each in languages()])"
    told = installation.run("python", "-c", program)
    assert set(told.stdout.strip()[1:-1].split(", ")) == {"None"}, told.stdout + told.stderr
