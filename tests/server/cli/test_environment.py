"""`tercet trust`, `tercet doctor` and `tercet daemon`."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tercet_shared.daemon import Diagnosis, DoctorReport, Grade
from tercet_shared.models import ModelsReport, ModelState
from tercet_shared.sandboxes import BackEnd, SandboxReport, SandboxWork, WorkKind
from tercet_shared.workspaces import Trust

from tests.doubles.scripted_daemon import ScriptedDaemon


def report(*grades: Grade) -> DoctorReport:
    found = [Diagnosis(topic=f"topic {grade}", grade=grade, found="what", advice="do this") for grade in grades]
    return DoctorReport(version="0.1.0", diagnoses=found)


@pytest.mark.parametrize(("arguments", "trusted"), [([], True), (["--revoke"], False)])
def test_trust_is_given_and_taken_back(daemon: ScriptedDaemon, models, tercet, arguments, trusted):
    trust = Trust.TRUSTED if trusted else Trust.UNTRUSTED
    endpoint = f"PUT /workspaces/{models.workspace_id}/trust"
    daemon.on("POST /workspaces", models.workspace(Trust.UNKNOWN))
    daemon.on(endpoint, models.workspace(trust))
    assert tercet("trust", *arguments).out.strip() == f"{models.root} is {trust.value} now."
    assert daemon.bodies(endpoint) == [{"trusted": trusted}]
    assert json.loads(tercet("trust", "src", "--json").out)["trust"] == trust.value


def test_trusting_a_folder_that_is_not_there(models, tercet):
    assert tercet("trust", "nowhere").exit_code == 2


def test_doctor_says_what_is_missing_and_how_to_get_it(daemon: ScriptedDaemon, models, tercet):
    daemon.on("POST /workspaces", models.workspace())
    daemon.on("GET /doctor", report(Grade.OK, Grade.WARNING))
    result = tercet("doctor")
    assert result.exit_code == 0
    assert "→ do this" in result.out
    daemon.on("GET /doctor", report(Grade.MISSING))
    assert tercet("doctor", "--json").exit_code == 6


def test_doctor_outside_of_a_project_registers_nothing(
    daemon: ScriptedDaemon, tercet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    daemon.on("GET /doctor", report(Grade.OK))
    assert tercet("doctor").exit_code == 0
    assert daemon.bodies("POST /workspaces") == []


def test_models_are_listed_with_what_they_cost(daemon: ScriptedDaemon, tercet):
    since = datetime(2026, 1, 2, tzinfo=UTC)
    daemon.on("GET /models", ModelsReport(models=[], since=since, spent_usd=0.0, day_usd=10.0))
    assert "No language model is configured" in tercet("models").out
    states = [
        ModelState(name="a/big", endpoint="https://a", calls=3, answered=2, input_tokens=1200, cost_usd=0.5),
        ModelState(name="b/small", endpoint="", problem="The key of b was not found."),
    ]
    daemon.on("GET /models", ModelsReport(models=states, since=since, spent_usd=0.5, day_usd=10.0))
    shown = tercet("models").out
    assert "2 of 3" in shown
    assert "→ The key of b was not found." in shown
    assert "$0.50 of $10" in shown
    assert json.loads(tercet("models", "--json").out)["models"][0]["cost_usd"] == 0.5


def test_daemon_status_and_start_say_where_it_is_and_never_the_token(daemon: ScriptedDaemon, tercet):
    assert "runs as process" in tercet("daemon", "start").out
    result = tercet("daemon", "status", "--json")
    status = json.loads(result.out)
    assert (status["running"], status["clients"], status["host"]) == (True, 1, "127.0.0.1")
    assert "secret" not in result.out


def test_daemon_status_and_stop_without_a_daemon(tercet_home: Path, tercet):
    assert tercet("daemon", "status").exit_code == 5
    assert json.loads(tercet("daemon", "stop", "--json").out) == {"running": False}


def test_daemon_stop_waits_until_it_is_gone(daemon: ScriptedDaemon, tercet, models):
    daemon.on("POST /shutdown", None)
    health = daemon.answers["GET /health"][0]
    daemon.on("GET /health", health, health, health.model_copy(update={"pid": 1}))
    result = tercet("daemon", "stop", "--if-idle")
    assert result.exit_code == 0
    assert "has stopped" in result.out
    assert daemon.bodies("POST /shutdown") == [{"if_idle": True}]


def test_daemon_logs_end_with_the_last_lines(tercet_home: Path, tercet):
    assert tercet("daemon", "logs").exit_code == 5
    (tercet_home / "daemon.log").write_text("one\ntwo\nthree \x1b[2J\n")
    assert tercet("daemon", "logs", "-n", "2").out == "two\nthree �[2J\n"
    assert json.loads(tercet("daemon", "logs", "--json", "-n", "1").out)["lines"] == ["three \x1b[2J"]
    assert tercet("daemon", "logs", "--json", "-f").exit_code == 2


def test_the_sandboxes_are_listed_built_and_tested(daemon: ScriptedDaemon, tercet):
    used = BackEnd(name="bubblewrap", isolation="namespaces", available=True, used=True)
    missing = BackEnd(name="docker", isolation="container", available=False, used=False, advice="Make an image.")
    daemon.on("GET /sandbox", SandboxReport(back_ends=[missing, used]))
    shown = tercet("sandbox", "status")
    assert shown.exit_code == 0
    assert "→ Make an image." in shown.out
    daemon.on("GET /sandbox", SandboxReport(back_ends=[missing]))
    assert tercet("sandbox", "status").exit_code == 6
    daemon.on("POST /sandbox/build", SandboxWork(kind=WorkKind.BUILD, running=True))
    daemon.on("POST /sandbox/test", SandboxWork(kind=WorkKind.TEST, running=True))
    daemon.on("GET /sandbox/work", SandboxWork(kind=WorkKind.BUILD, lines=["tercet-sandbox:go is built."]))
    assert tercet("sandbox", "build", "go").out.strip() == "tercet-sandbox:go is built."
    assert daemon.bodies("POST /sandbox/build") == [{"runtimes": ["go"]}]
    daemon.on("GET /sandbox/work", SandboxWork(kind=WorkKind.TEST, lines=["ptrace: NOT CONTAINED"], failed=1))
    assert tercet("sandbox", "test").exit_code == 1
