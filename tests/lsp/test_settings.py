"""An editor's options: all have defaults, a bad one costs a sentence and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_lsp.settings import OPTIONS, SOURCES, Settings, read
from tercet_shared.findings import Source


def test_nothing_given_is_all_defaults():
    assert read(None) == (Settings(), [])
    assert read({}) == (Settings(), [])


def test_options_may_be_nested_or_dotted():
    nested, no_problems = read({"tests": {"run": "never"}, "diagnostics": {"sources": ["tests"]}, "trust": "trusted"})
    dotted, _ = read({"tests.run": "never", "diagnostics.sources": ["tests"], "trust": "trusted"})
    assert nested == dotted == Settings(trust="trusted", tests_run="never", diagnostics_sources=frozenset({"tests"}))
    assert no_problems == []


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"trust": "maybe"}, "trust"),
        ({"tests": {"run": 3}}, "tests.run"),
        ({"tests": "onSave"}, "tests"),
        ({"diagnostics": {"sources": ["nonsense"]}}, "diagnostics.sources"),
        ({"diagnostics": {"sources": [[]]}}, "diagnostics.sources"),
        ({"documents": {"maxBytes": True}}, "documents.maxBytes"),
        ({"documents": {"maxBytes": 0}}, "documents.maxBytes"),
        ({"colour": "blue"}, "colour"),
        ("all of them", "initializationOptions"),
    ],
)
def test_a_bad_option_is_named_and_the_default_stands(options: object, names: str):
    settings, problems = read(options)
    assert settings == Settings()
    assert len(problems) == 1
    assert names in problems[0]


def test_one_bad_option_spoils_no_other():
    settings, problems = read({"trust": 1, "interpreter": "/usr/bin/python3"})
    assert settings.interpreter == "/usr/bin/python3"
    assert len(problems) == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*OPTIONS, "tests", "run", "sources", "x"]), inner),
)


@given(json_values)
def test_whatever_an_editor_sends_gives_settings(options: object):
    settings, problems = read(options)
    assert settings.tests_run in ("onSave", "never")
    assert all(problem.endswith(".") for problem in problems)


def test_the_sources_are_the_daemon_s():
    assert {source.value for source in Source} == SOURCES
