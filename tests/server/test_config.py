"""Configuration as its user meets it: every source, every mistake told with its place, and what a workspace may not do."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.config import Settings, for_workspace, load, settings, user_file
from tercet_server.config.layers import MAX_PROBLEMS
from tercet_server.config.toml_file import MAX_BYTES, read_toml


def from_user(tmp_path: Path, text: str, **environ: str) -> tuple[Settings, list[str]]:
    file = tmp_path / "config.toml"
    file.write_bytes(text.encode())
    found, problems = load(environ, file)
    return found, [problem.replace(str(file), "config.toml") for problem in problems]


def from_workspace(tmp_path: Path, text: str, **present: object) -> tuple[Settings, list[str]]:
    (tmp_path / "tercet.toml").write_bytes(text.encode())
    return for_workspace(Settings.model_validate(present), tmp_path)


def test_without_any_file_the_defaults_hold(tmp_path: Path):
    assert load({}, tmp_path / "none.toml") == (Settings(), [])
    assert for_workspace(Settings(), tmp_path) == (Settings(), [])
    assert for_workspace(Settings(), tmp_path / "gone") == (Settings(), [])


def test_the_environment_stands_over_the_users_file(tmp_path: Path):
    found, problems = from_user(
        tmp_path,
        "[run]\ndeadline_s = 300\nper_test_s = 7\n\n[tests]\ntargets = ['a']\n",
        TERCET_RUN_DEADLINE_S="60",
        TERCET_TESTS_TARGETS="tests/unit, tests/more",
        TERCET_HOME="/somewhere",
        UNRELATED="1",
    )
    assert not problems
    assert (found.run.deadline_s, found.run.per_test_s) == (60, 7)
    assert found.tests.targets == ["tests/unit", "tests/more"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            '[run]\n\nper_test_s = "ten"',
            'config.toml:3: run.per_test_s must be a number above 0 up to 3600, not "ten"; 10 stays.',
        ),
        (
            "[run]\nper_tset_s = 1",
            "config.toml:2: there is no setting run.per_tset_s (did you mean run.per_test_s?); it is ignored.",
        ),
        (
            "run.concurrency = 0",
            "config.toml:1: run.concurrency must be a whole number from 1 up to 64, not 0; 2 stays.",
        ),
        (
            "[run]\nworkers = true",
            "config.toml:2: run.workers must be a whole number from 1 up to 64, not true; 2 stays.",
        ),
        (
            "[run]\nworkers = 1.5",
            "config.toml:2: run.workers must be a whole number from 1 up to 64, not 1.5; 2 stays.",
        ),
        (
            "[run]\ndeadline_s = nan",
            "config.toml:2: run.deadline_s must be a number above 0 up to 86400, not NaN; 600 stays.",
        ),
        ("# x\n[rnu]\nx = 1", "config.toml:2: there is no section [rnu] (did you mean run?); it is ignored."),
        ("run = 3", "config.toml:1: run must be a section, written [run]; it is ignored."),
        (
            '[sandbox]\nminimum = "strong"',
            'config.toml:2: sandbox.minimum must be one of "container", "namespaces", "reduced", "none", not "strong"; '
            '"reduced" stays.',
        ),
        (
            "[daemon]\nport = 40000",
            "config.toml:2: daemon.port must be 0 or a port from 1024 to 32767 or from 61000 to 65535, not 40000; 0 stays.",
        ),
        (
            '[tests]\ntargets = ["-p", "evil"]',
            "config.toml:2: tests.targets must be a list of test files, folders or node ids, relative to the workspace, "
            'not ["-p", "evil"]; it is ignored.',
        ),
        (
            '[tests]\ntargets = "tests"',
            'config.toml:2: tests.targets must be a list of strings of at most 1000 entries, not "tests"; it is ignored.',
        ),
        (
            "[python]\ninterpreter = 3",
            "config.toml:2: python.interpreter must be a string of at most 4096 characters, not 3; it is ignored.",
        ),
        (
            "[run]\nworkers 3",
            "config.toml:2: this is not TOML (Expected '=' after a key in a key/value pair); "
            "the file is ignored until that is corrected.",
        ),
        (
            "[run]\nworkers =",
            "config.toml:2: this is not TOML (Invalid value); the file is ignored until that is corrected.",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_the_rest_works(tmp_path: Path, text: str, problem: str):
    found, problems = from_user(tmp_path, text, TERCET_DAEMON_LOG_LEVEL="debug")
    assert problems == [problem]
    assert found == Settings(daemon={"log_level": "debug"})


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        (
            "TERCET_RUN_WORKERS",
            "x",
            'TERCET_RUN_WORKERS: run.workers must be a whole number from 1 up to 64, not "x"; 2 stays.',
        ),
        ("TERCET_RUN_COLOUR", "x", "TERCET_RUN_COLOUR: there is no such setting; it is ignored."),
        (
            "TERCET_RUNN_WORKERS",
            "1",
            "TERCET_RUNN_WORKERS: there is no such setting (did you mean TERCET_RUN_WORKERS?); it is ignored.",
        ),
    ],
)
def test_a_mistake_in_the_environment_is_told(tmp_path: Path, variable: str, value: str, problem: str):
    assert load({variable: value}, tmp_path / "none") == (Settings(), [problem])


def test_variables_of_others_are_none_of_our_business(tmp_path: Path):
    assert load({"TERCET_E2E_KEEP": "1", "TERCETOPIA": "x"}, tmp_path / "none")[1] == []


# -- the workspace's own file -------------------------------------------------------------------------------------


def test_a_workspace_may_tighten(tmp_path: Path):
    found, problems = from_workspace(
        tmp_path,
        "[run]\ndeadline_s = 60\n[sandbox]\nminimum = 'namespaces'\n"
        "[tests]\ntargets = ['tests']\n[python]\ninterpreter = '.venv/bin/python'\n",
    )
    assert not problems
    assert found == Settings(
        run={"deadline_s": 60},
        sandbox={"minimum": "namespaces"},
        tests={"targets": ["tests"]},
        python={"interpreter": ".venv/bin/python"},
    )


@pytest.mark.parametrize(("section", "key", "field"), list(settings.fields()))
def test_a_workspace_can_loosen_nothing(tmp_path: Path, section: str, key: str, field):
    """For every setting: a looser value than the user's is refused with a sentence; what may be set freely is known."""
    rule = settings.in_workspace(field)
    weakest = {"gates": '"off"', "run": '"asked"'}.get(section, '"none"')
    looser = {"may only be lowered": field.default and f"{field.default * 2}", "may only be strengthened": weakest}
    text = looser.get(rule.value) or {"listen": '"tcp"', "port": "20000", "log_level": '"debug"'}.get(key) or "900"
    if rule is settings.InWorkspace.SET:
        assert (section, key) in {("tests", "targets"), ("python", "interpreter")}
        return
    if rule is settings.InWorkspace.SET_UNLESS_YOURS:
        assert section == "gates"
        return
    found, problems = from_workspace(tmp_path, f"[{section}]\n{key} = {text}\n")
    assert found == Settings()
    assert len(problems) == 1
    assert problems[0].startswith(f"tercet.toml:2: {section}.{key} ")


@pytest.mark.parametrize(("key", "value", "yours"), [("coverage", '"reject"', "ask"), ("least_coverage", "60.0", 90.0)])
def test_a_workspace_sets_the_gates_that_the_user_has_not_set(tmp_path: Path, key: str, value: str, yours: object):
    found, problems = from_workspace(tmp_path, f"[gates]\n{key} = {value}\n")
    assert not problems
    assert str(getattr(found.gates, key)) == value.strip('"')
    found, problems = from_workspace(tmp_path, f"[gates]\n{key} = {value}\n", gates={key: yours})
    assert getattr(found.gates, key) == yours
    assert problems[0].startswith(f"tercet.toml:2: gates.{key} is ")
    assert problems[0].endswith("in your own configuration, which a workspace does not override; that stays.")


def test_gates_of_the_environment_are_the_users_own(tmp_path: Path):
    settings, problems = load({"TERCET_GATES_COMPLEXITY": "ask"}, tmp_path / "none")
    assert not problems
    (tmp_path / "tercet.toml").write_text("[gates]\ncomplexity = 'off'\nsecrets = 'ask'\ndependencies = 'reject'\n")
    found, problems = for_workspace(settings, tmp_path)
    assert found.gates.model_dump() == {**settings.gates.model_dump(), "dependencies": "reject"}
    assert [each.partition(": ")[2].partition(" ")[0] for each in problems] == ["gates.complexity", "gates.secrets"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("coverage = 80", 'gates.coverage must be one of "off", "report", "ask", "reject", not 80; "report" stays.'),
        ("least_coverage = 101", "gates.least_coverage must be a number from 0 up to 100, not 101; 80 stays."),
        ("most_complexity = 0", "gates.most_complexity must be a whole number from 1 up to 1000, not 0; 10 stays."),
        ("covrage = 'off'", "there is no setting gates.covrage (did you mean gates.coverage?); it is ignored."),
    ],
)
def test_a_wrong_gate_is_told_in_a_sentence(tmp_path: Path, text: str, problem: str):
    assert from_workspace(tmp_path, f"[gates]\n{text}\n") == (Settings(), [f"tercet.toml:2: {problem}"])


def test_a_workspace_stays_below_what_the_user_chose(tmp_path: Path):
    found, problems = from_workspace(tmp_path, "[run]\nworkers = 2\n", run={"workers": 1})
    assert found.run.workers == 1
    assert problems == [
        "tercet.toml:2: run.workers may only be lowered by a workspace, here to at most 1; 2 is ignored. "
        "Raise it in your own configuration file."
    ]


@pytest.mark.parametrize("target", ["/etc", "../other", "a/../../b", "-x", "", "a\\b", "a\x00"])
def test_tests_outside_of_the_workspace_are_no_targets(target: str):
    with pytest.raises(ValueError, match="targets"):
        Settings(tests={"targets": [target]})


# -- files that are none ------------------------------------------------------------------------------------------


def test_a_link_out_of_the_workspace_is_not_followed(tmp_path: Path):
    (tmp_path / "secret.toml").write_text("[run]\nworkers = 1\n")
    (tmp_path / "project").mkdir()
    (tmp_path / "project/tercet.toml").symlink_to(tmp_path / "secret.toml")
    found, problems = for_workspace(Settings(), tmp_path / "project")
    assert found == Settings()
    assert "cannot be read" in problems[0]


def test_a_link_to_the_users_file_is_followed(tmp_path: Path):
    (tmp_path / "dotfiles.toml").write_text("[run]\nworkers = 1\n")
    (tmp_path / "config.toml").symlink_to(tmp_path / "dotfiles.toml")
    assert load({}, tmp_path / "config.toml")[0].run.workers == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_does_not_hold_us_up(tmp_path: Path):
    os.mkfifo(tmp_path / "tercet.toml")
    assert for_workspace(Settings(), tmp_path)[1] == [
        "tercet.toml:1: the file cannot be read (not a regular file) and is ignored."
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"x" * (MAX_BYTES + 1), "tercet.toml:1: the file is larger than 64 KiB and is ignored."),
        (b"[run]\n# \xff\n", "tercet.toml:2: the file is not UTF-8 and is ignored. Save it as UTF-8."),
        (b"a = " + b"[" * 60_000, "tercet.toml:1: the file is nested too deeply and is ignored."),
    ],
)
def test_a_file_that_is_no_configuration_is_told(tmp_path: Path, content: bytes, problem: str):
    (tmp_path / "tercet.toml").write_bytes(content)
    assert for_workspace(Settings(), tmp_path) == (Settings(), [problem])


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path: Path):
    (tmp_path / "tercet.toml").write_bytes(b"\xef\xbb\xbf[run]\r\nworkers = 1\r\nworker = 2\r\n")
    found, problems = for_workspace(Settings(), tmp_path)
    assert found.run.workers == 1
    assert problems[0].startswith("tercet.toml:3: ")


def test_a_file_that_is_wrong_all_over_is_not_told_to_its_end(tmp_path: Path):
    _, problems = from_workspace(tmp_path, "[run]\n" + "".join(f"k{number} = 1\n" for number in range(5000)))
    assert len(problems) == MAX_PROBLEMS


@given(st.binary(max_size=300) | st.text(alphabet="[]{}=.\"'\n #rundeptg_s1", max_size=200).map(str.encode))
def test_no_content_breaks_the_reading(tmp_path_factory: pytest.TempPathFactory, content: bytes):
    folder = tmp_path_factory.mktemp("any")
    (folder / "tercet.toml").write_bytes(content)
    found, problems = for_workspace(Settings(), folder)
    assert isinstance(found, Settings)
    assert all(problem.startswith("tercet.toml:") for problem in problems)


_VALUES = st.recursive(
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec="ascii", exclude_characters='"\\'), max_size=8),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@given(st.sampled_from([(section, key) for section, key, _ in settings.fields()]), _VALUES)
def test_no_value_loosens_a_workspace(tmp_path_factory: pytest.TempPathFactory, place: tuple[str, str], value: object):
    section, key = place
    folder = tmp_path_factory.mktemp("any")
    (folder / "tercet.toml").write_text(f"[{section}]\n{key} = {_toml(value)}\n", "utf-8")
    found, _ = for_workspace(Settings(), folder)
    assert found.daemon == Settings().daemon
    for name in ("deadline_s", "per_test_s", "regression_s", "concurrency", "workers"):
        assert getattr(found.run, name) <= getattr(Settings().run, name)
    assert found.sandbox.minimum != "none"


def _toml(value: object) -> str:
    if isinstance(value, str):
        return '"' + "".join(each if each.isprintable() else "?" for each in value) + '"'
    if isinstance(value, list):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return str(value).lower() if isinstance(value, (bool, float)) else str(value)


def test_the_users_file_may_be_elsewhere():
    assert user_file({"TERCET_CONFIG": "/x/y.toml"}) == Path("/x/y.toml")
    assert user_file({}).name == "config.toml"


def test_the_line_of_a_key_in_any_spelling(tmp_path: Path):
    (tmp_path / "f.toml").write_text('a.b = 1\n[c]\n"d" = 2\n[[e]]\nf.g.h = 3\n')
    file = read_toml(tmp_path / "f.toml", "f", follow_symlinks=True)
    assert [file.line_of(*keys) for keys in (("a", "b"), ("a",), ("c", "d"), ("e", "f", "g"), ("c", "zz"), ("q",))] == [
        1, 1, 3, 5, 2, 1,
    ]  # fmt: skip


def test_every_setting_says_what_it_is():
    for section, key, field in settings.fields():
        assert field.description, f"{section}.{key}"
        assert field.description.endswith(".")
