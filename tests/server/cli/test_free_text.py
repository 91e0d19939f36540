"""`tercet run`: it is said what the words are understood as, before anything runs."""

import json

import pytest
from tercet_shared.edits import Position, Range, line_range
from tercet_shared.errors import Unsupported
from tercet_shared.events import EventType
from tercet_shared.free_text import Understood, UnderstoodBy, about
from tercet_shared.runs import Intent, RunState, Target
from tercet_shared.workspaces import Trust


@pytest.fixture
def ready(daemon, models):
    """A daemon whose run ends with a proposal."""
    daemon.on("POST /workspaces", models.workspace())
    daemon.on("POST /runs", models.run(RunState.QUEUED))
    daemon.on("GET /events", [models.event(1, EventType.RUN_CREATED, {}), models.state_event(2, RunState.PROPOSED)])
    daemon.on(f"GET /runs/{models.run_id}", models.run())
    daemon.on(f"GET /proposals/{models.proposal_id}", models.proposal())
    return daemon


def understood(intent: Intent, target: Target, **more) -> Understood:
    fields = {"by": UnderstoodBy.RULE, "because": f'It begins with "{intent}".', "instructions": "the words", **more}
    return Understood(intent=intent, target=target, **fields)


def test_what_is_understood_is_said_and_then_done(ready, tercet):
    target = Target(path="src/prices.py", symbol="cheap")
    ready.on("POST /runs/understand", understood(Intent.REFACTOR, target, notes=["Several are."], cost_usd=0.01))
    result = tercet("run", "simplify", "cheap", "--deadline", "30", "--plan")
    assert result.exit_code == 0
    assert result.err.splitlines()[:3] == [
        'Understood as: refactor, cheap in src/prices.py (It begins with "refactor")',
        "A model was asked for that: $0.0100",
        "Note: Several are.",
    ]
    assert ready.bodies("POST /runs/understand")[0]["words"] == "simplify cheap"
    (request,) = ready.bodies("POST /runs")
    assert (request["intent"], request["target"]["symbol"]) == ("refactor", "cheap")
    assert (request["instructions"], request["deadline_s"], request["plan_first"]) == ("the words", 30.0, True)


def test_a_dry_run_starts_nothing_and_trusts_nobody(ready, models, tercet):
    ready.on("POST /workspaces", models.workspace(Trust.UNKNOWN))
    ready.on("POST /runs/understand", understood(Intent.FIX, Target(tests=["tests/test_prices.py"])))
    result = tercet("run", "--dry-run", "fix tests/test_prices.py")
    assert (result.exit_code, result.out) == (
        0,
        'Understood as: fix, tests/test_prices.py (It begins with "fix")\n',
    )
    assert ready.bodies("POST /runs") == []
    ready.on("POST /runs/understand", understood(Intent.FIX, Target(), because="Red \x1b[31m and \u202e back."))
    assert not {"\x1b", "\u202e"} & set(tercet("run", "--dry-run", "fix").out)
    document = json.loads(tercet("run", "--dry-run", "--json", "fix").out)
    assert (document["understood"]["intent"], document["understood"]["by"]) == ("fix", "rule")


def test_nothing_runs_in_a_folder_that_is_not_trusted(ready, models, tercet):
    ready.on("POST /workspaces", models.workspace(Trust.UNKNOWN))
    ready.on("POST /runs/understand", understood(Intent.FIX, Target()))
    assert tercet("run", "fix").exit_code == 3
    assert ready.bodies("POST /runs") == []


def test_a_question_is_answered_without_trust_and_a_review_lists_what_it_found(ready, models, tercet):
    ready.on("POST /workspaces", models.workspace(Trust.UNKNOWN))
    ready.on("POST /runs/understand", understood(Intent.EXPLAIN, Target(path="src/prices.py")))
    ready.on("GET /events", [models.state_event(2, RunState.COMPLETED)])
    ready.on(f"GET /runs/{models.run_id}", models.run(RunState.COMPLETED, answer="It is cheap.", plan=None))
    result = tercet("run", "what", "is", "cheap?")
    assert (result.exit_code, result.out) == (0, "It is cheap.\n")

    ready.on("POST /workspaces", models.workspace())
    ready.on("POST /runs/understand", understood(Intent.REVIEW, Target(base="main")))
    ready.on(f"GET /runs/{models.run_id}", models.run(RunState.COMPLETED, answer="**Not as it is.**", plan=None))
    result = tercet("run", "review since main")
    assert "Understood as: review, what has changed since main" in result.err
    assert result.exit_code == 7


def test_the_person_may_choose_the_intent(ready, tercet):
    ready.on(
        "POST /runs/understand", understood(Intent.TEST, Target(), by=UnderstoodBy.PERSON, because="You chose it.")
    )
    assert "Understood as: test, the whole workspace\n" in tercet("run", "--intent", "test", "carts").err
    assert ready.bodies("POST /runs/understand")[0]["intent"] == "test"
    wrong = tercet("run", "--intent", "destroy", "carts")
    assert (wrong.exit_code, "There is no intent 'destroy'" in wrong.err) == (2, True)


def test_what_nobody_understands_ends_with_the_daemons_sentence(ready, tercet):
    ready.on("POST /runs/understand", Unsupported("Say it otherwise."))
    result = tercet("run", "florble")
    assert (result.exit_code != 0, result.err) == (True, "Say it otherwise.\n")
    for words in ("", "  ", "x" * 100_001):
        assert "Say in 1 to 100000 characters" in tercet("run", words).err
    assert ready.bodies("POST /runs") == []


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (Target(), "the whole workspace"),
        (Target(path="a.py"), "a.py"),
        (Target(path="a.py", range=line_range(3)), "a.py:4"),
        (
            Target(path="a.py", range=Range(start=Position(line=3, character=0), end=Position(line=5, character=0))),
            "a.py:4-6",
        ),
        (Target(tests=["a::1", "a::2", "a::3", "a::4", "a::5"]), "a::1, a::2, a::3 and 2 more"),
        (Target(base="HEAD"), "what has changed since HEAD"),
    ],
)
def test_a_target_is_told_in_words(target: Target, words: str):
    assert about(target) == words
