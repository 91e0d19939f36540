"""The doctor's report: what is there is said, what is missing is said with what to do about it."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tercet_server.app import doctor as doctors
from tercet_server.app.doctor import Doctor
from tercet_server.app.model_reports import diagnose_models
from tercet_server.config import Settings
from tercet_server.models import open_gateway
from tercet_shared.daemon import Diagnosis, DoctorReport, Grade
from tercet_shared.discovery import DaemonRecord, write_record
from tercet_shared.ids import WorkspaceId
from tercet_shared.workspaces import Interpreter, Trust, Workspace

from tests.doubles.scripted_model import RememberedSpending


@dataclass(frozen=True)
class Status:
    name: str
    available: bool
    isolation: str = "namespaces"
    advice: str = ""


async def two_back_ends() -> list[Status]:
    return [Status("bubblewrap", False, advice="Install bubblewrap."), Status("process", True, "reduced")]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "project").mkdir()
    root = str(tmp_path / "project")
    interpreter = Interpreter(path="/usr/bin/python3", source="PATH")
    return Workspace(id=WorkspaceId("w1"), root=root, name="project", trust=Trust.TRUSTED, interpreter=interpreter)


@pytest.fixture
def doctor(tmp_path: Path, workspace: Workspace) -> Doctor:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    write_record(DaemonRecord(1, "0.1.0", "t", "/run/s", "127.0.0.1", None, 1.0), home)

    async def find(_: WorkspaceId) -> Workspace:
        return workspace

    chosen = Diagnosis(topic="sandbox", grade=Grade.OK, found="process is used")

    async def no_models() -> list[Diagnosis]:
        return await diagnose_models(None)

    return Doctor(Settings(), [], home, "0.1.0", two_back_ends, chosen, find, no_models)


def by_topic(report: DoctorReport) -> dict[str, Diagnosis]:
    return {each.topic: each for each in report.diagnoses}


async def test_a_sound_system_is_reported(doctor: Doctor):
    found = by_topic(await doctor.report(None))
    assert {"python", "home", "disk", "address", "ruff", "git", "configuration", "sandbox"} <= set(found)
    assert found["home"].grade is found["ruff"].grade is Grade.OK
    assert found["address"].found == "Unix socket /run/s"
    assert "trust" not in found
    assert (found["models"].grade, found["models"].found) == (Grade.OK, "none")


async def test_a_missing_back_end_is_reported_with_advice(doctor: Doctor):
    found = by_topic(await doctor.report(None))
    assert (found["bubblewrap"].grade, found["bubblewrap"].advice) == (Grade.MISSING, "Install bubblewrap.")
    assert found["process"].found == "available, isolation: reduced"


async def test_what_is_wrong_is_a_warning_that_says_what_to_do(doctor: Doctor, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctors, "LOW_DISK_BYTES", 2**63)
    monkeypatch.setenv("PATH", "")
    doctor.home.chmod(0o755)
    (doctor.home / "daemon.json").unlink()
    found = by_topic(await replace(doctor, problems=["config.toml:3: run.x is wrong."]).report(None))
    for topic in ("home", "disk", "address", "git"):
        assert found[topic].grade is Grade.WARNING, topic
        assert found[topic].advice, topic
    assert found["configuration"].found == "config.toml:3: run.x is wrong."


async def test_a_sound_workspace_is_reported(doctor: Doctor):
    found = by_topic(await doctor.report(WorkspaceId("w1")))
    assert {found[topic].grade for topic in ("workspace", "trust", "interpreter")} == {Grade.OK}


async def test_a_workspace_in_need_is_reported(doctor: Doctor, workspace: Workspace):
    poor = workspace.model_copy(
        update={"root": "/gone", "trust": Trust.UNKNOWN, "interpreter": None, "problems": ["tercet.toml:1: x."]}
    )

    async def find(_: WorkspaceId) -> Workspace:
        return poor

    found = by_topic(await replace(doctor, workspace=find).report(WorkspaceId("w1")))
    assert found["workspace"].grade is found["interpreter"].grade is Grade.MISSING
    assert "tercet trust" in found["trust"].advice
    assert found["workspace settings"].found == "tercet.toml:1: x."


async def test_configured_models_are_listed_without_their_keys():
    given = Settings.model_validate({"models": {"coder": ["openai/gpt-4o", "mistral/large"]}})
    environ = {"OPENAI_API_KEY": "sk-not-to-be-seen"}
    gateway = await asyncio.to_thread(open_gateway, given, RememberedSpending(), environ)
    found = {each.topic: each for each in await diagnose_models(gateway)}
    assert found["model openai/gpt-4o"].grade is Grade.OK
    assert found["model mistral/large"].grade is Grade.WARNING
    assert "MISTRAL_API_KEY is not set" in found["model mistral/large"].advice
    assert "sk-not" not in str(found)
