"""The small parts of a proof: reading JUnit XML, doubting origins, an interpreter's folders, options, the driver's parts."""

import io
import os
from pathlib import Path

import pytest
from tercet_server.checks.junit import junit_name, read_report
from tercet_server.checks.origins import Standing, doubt
from tercet_server.checks.pytest import answers, installation
from tercet_server.checks.pytest.driver.addopts import harmless
from tercet_server.checks.pytest.driver.channel import Receiver, Sender
from tercet_server.checks.pytest.driver.failures import frames, summary
from tercet_server.checks.pytest.driver.output import Tail
from tercet_server.checks.pytest.driver.places import Places

JUNIT = """<?xml version="1.0"?><testsuites><testsuite>
<testcase classname="tests.test_a.TestX" name="test_y[a::b]" time="0.1"/>
<testcase classname="tests.test_a" name="test_z"><failure message="no">x</failure></testcase>
<testcase classname="tests.test_a" name="test_t"/>
<testcase classname="tests.test_a" name="test_t"><error message="teardown">x</error></testcase>
<testcase classname="tests.test_a" name="test_s"><skipped/></testcase>
</testsuite></testsuites>"""


def test_junit_is_read(tmp_path: Path):
    (tmp_path / "r.xml").write_text(JUNIT)
    report = read_report(tmp_path / "r.xml")
    assert report is not None
    assert report.passed == {junit_name("tests/test_a.py::TestX::test_y[a::b]")}
    assert report.failed == {"tests.test_a::test_z", "tests.test_a::test_t"}
    assert report.skipped == {"tests.test_a::test_s"}


@pytest.mark.parametrize("text", ["", "<a", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "\x00"])
def test_a_hostile_report_is_no_report(tmp_path: Path, text):
    (tmp_path / "r.xml").write_text(text)
    assert read_report(tmp_path / "r.xml") is None


def test_a_report_is_not_read_through_a_link_nor_from_a_pipe(tmp_path: Path):
    (tmp_path / "real.xml").write_text(JUNIT)
    (tmp_path / "link.xml").symlink_to(tmp_path / "real.xml")
    os.mkfifo(tmp_path / "pipe.xml")
    assert read_report(tmp_path / "link.xml") is None
    assert read_report(tmp_path / "pipe.xml") is None
    assert read_report(tmp_path / "none.xml") is None


@pytest.mark.parametrize(
    ("modules", "doubted"),
    [
        ({"shop.price": "src/shop/price.py"}, None),
        ({}, "No test that was run loaded src/shop/price.py"),
        ({"shop.price": "/v/site-packages/shop/price.py"}, "loaded /v/site-packages/shop/price.py instead"),
        ({"shop.price": "/w/src/shop/price.py"}, "loaded /w/src/shop/price.py instead"),
        ({"other.price": "/v/site-packages/other/price.py"}, "No test that was run loaded"),
        ({"shop.price": "src/shop/price.py", "price": "/v/site-packages/price.py"}, None),
        ({"shop.price": "src/shop/price.py", "x": "/w/src/shop/price.py"}, "loaded /w/src/shop/price.py instead"),
    ],
)
def test_where_a_changed_module_was_loaded_from(modules, doubted):
    reason = doubt(["src/shop/price.py", "README.md"], modules, Standing("/w", mounted=True, repaired=True))
    assert (reason is None) if doubted is None else (doubted in reason)


def test_a_virtual_environment_shows_itself_its_python_and_its_siblings(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    python = tmp_path / "pythons" / "3.12"
    (python / "bin").mkdir(parents=True)
    (python / "lib" / "python3.12").mkdir(parents=True)
    (python / "lib" / "python3.12" / "os.py").touch()
    (python / "secrets").mkdir()
    (python / "bin" / "python3").write_text("")
    (tmp_path / "current").symlink_to(python)
    root = tmp_path / "home" / "work"
    site = root / ".venv" / "lib" / "python3.12" / "site-packages"
    site.mkdir(parents=True)
    (root / ".venv" / "bin").mkdir()
    (root / ".venv" / "bin" / "python").symlink_to(tmp_path / "current" / "bin" / "python3")
    (root / ".venv" / "pyvenv.cfg").write_text(f"home = {tmp_path / 'current' / 'bin'}\n")
    sibling = tmp_path / "home" / "sibling"
    sibling.mkdir()
    (sibling / "module.py").touch()
    (tmp_path / "home" / ".ssh").mkdir()
    lines = [str(sibling), str(root / "src"), str(tmp_path / "home"), str(tmp_path / "home" / ".ssh"), "/", "import os"]
    (site / "them.pth").write_text("\n".join(lines))
    shown = installation.readable_folders(root / ".venv" / "bin" / "python", root)
    assert root / ".venv" in shown
    assert sibling in shown
    assert python / "lib" in shown
    assert tmp_path / "current" / "lib" in shown
    hidden = {Path("/"), tmp_path / "home", tmp_path / "home" / ".ssh", python / "secrets", python, root, root / "src"}
    assert not hidden & set(shown)
    activated = installation.environment_variables(root / ".venv" / "bin" / "python")
    assert activated["VIRTUAL_ENV"] == str(root / ".venv")
    assert activated["PATH"].startswith(str(root / ".venv" / "bin"))


def test_a_python_in_the_users_home_does_not_show_the_home(tmp_path: Path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").write_text("")
    assert installation.readable_folders(tmp_path / "bin" / "python3", tmp_path / "w") == (
        tmp_path / "bin" / "python3",
    )


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("-n 4 -q", "-q"),
        ("-n4 --dist=loadfile -nauto", ""),
        ("--cov --cov-report=xml --cov=src -ra", "-ra"),
        ("--cov src --strict-markers", "--strict-markers"),
        ("-xvs -vx -x -Werror -m fast", "-vs -v -Werror -m fast"),
        ("--maxfail 2 --lf --import-mode=importlib --tb short", "--import-mode=importlib"),
        ("-p no:warnings -p xdist -k x", "-p no:warnings -p xdist -k x"),
    ],
)
def test_harmful_options_go(given, left):
    assert " ".join(harmless(given.split())) == left


def test_lines_without_the_token_are_no_messages():
    read, write = os.pipe()
    receiver, sender = Receiver(read, "token"), Sender(write, "token")
    os.write(write, b'{"kind":"result"}\ntoken[1]\ntoken{broken\n')
    sender.send({"kind": "done"})
    os.write(write, b'token{"kind":')
    assert receiver.read() == [{"kind": "done"}]
    os.write(write, b'"late"}\n')
    assert receiver.read() == [{"kind": "late"}]
    os.close(write)
    assert receiver.read() == []
    assert receiver.closed
    os.close(read)


def test_only_the_end_of_the_output_is_kept():
    tail = Tail(10)
    assert isinstance(tail, io.TextIOWrapper)
    for _ in range(1000):
        print("0123456789abcdef", file=tail)
    assert tail.take() == "789abcdef\n"
    assert tail.take() == ""
    print("é", file=tail)
    tail.close()
    assert tail.take() == "é\n"


def test_an_exception_is_summed_up_whatever_it_does(tmp_path: Path):
    class Hostile(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    assert summary(ValueError("\n first \nsecond")) in {"ValueError: first", "ValueError:"}
    assert summary(Hostile()).startswith("Hostile")
    assert summary(KeyError()) == "KeyError"
    places = Places(str(Path(__file__).parent), str(Path(__file__).parent))
    try:
        try:
            raise LookupError("inner")
        except LookupError as inner:
            raise ValueError("outer") from inner
    except ValueError as error:
        found = frames(places, error)
    assert [path for path, _, _ in found] == ["test_evidence_parts.py"] * 2
    assert found[0][1] > found[1][1]


def test_what_the_driver_says_is_checked():
    assert answers.parse(b"[1]") == {}
    assert answers.parse(b"{") == {}
    assert answers.result({"test": "a", "outcome": "great", "duration_s": 1}) is None
    hostile = {
        "test": "a",
        "outcome": "passed",
        "duration_s": 1,
        "frames": [{"path": "../x", "line": 1, "function": "f"}, {"path": "x.py", "line": 1, "function": "f"}],
        "covered": {"/etc/passwd": [1], "x.py": [1]},
    }
    read = answers.result(hostile)
    assert read is not None
    assert [each.path for each in read.frames] == ["x.py"]
    assert dict(read.covered) == {"x.py": (1,)}
    for line in (-1, 2**32, 2**63, 1.5, "x"):
        assert answers.result(hostile | {"covered": {"x.py": [1, line]}}) is None
        assert answers.result(hostile | {"frames": [{"path": "x.py", "line": line, "function": "f"}]}) is None
    assert answers.texts({"a": 1}) == []
    assert answers.modules([["a", "/r/a.py"], ["b", "/x/b.py"], ["c"], 1], "/r/") == {"a": "a.py", "b": "/x/b.py"}


@pytest.mark.parametrize(
    ("executed", "standing", "doubted"),
    [
        ({"src/a.go": "src/a.go"}, Standing("/w", mounted=False, repaired=False), None),
        ({}, Standing("/w", mounted=True, repaired=True), None),
        ({}, Standing("/w", mounted=False, repaired=True), "may have run the original src/a.go"),
        ({}, Standing("/w", mounted=True, repaired=False), "No test that was run is known to execute src/a.go"),
    ],
)
def test_whether_a_changed_file_of_another_language_was_executed(executed, standing, doubted):
    reason = doubt(["src/a.go", "go.sum"], executed, standing)
    assert (reason is None) if doubted is None else (doubted in reason)
