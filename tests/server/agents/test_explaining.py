"""What is explained of a real code base's index, with and without a model's words."""

import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.agents import Explainer, Question, explanation
from tercet_server.config import Settings
from tercet_server.context import CodeService, JediAnalysis
from tercet_server.workspace import WorkspaceService
from tercet_shared.context import Symbol
from tercet_shared.edits import line_range
from tercet_shared.errors import BudgetExceeded, InvalidRequest, NotFound
from tercet_shared.ids import RunId, WorkspaceId
from tercet_shared.runs import Intent, Progress, Run, RunState, Target
from tercet_shared.workspaces import WorkspaceRequest

from tests.doubles.scripted_model import ACCOUNT, ScriptedModel

FILES = {
    "shop/cart.py": (
        '"""Carts."""\n\n\nclass Cart:\n    """What is bought.\n\n    ![](http://example.org/spy.png)\n    """\n\n'
        "    def total(self):\n        return 1\n"
    ),
    "shop/till.py": "from shop.cart import Cart\n\n\ndef pay():\n    return Cart().total()\n",
    "tests/test_till.py": "from shop.till import pay\n\n\ndef test_pay():\n    assert pay() == 1\n",
    "lonely.py": "def nobody_calls_this():\n    pass\n",
}


class Shop:
    """A code base, and short ways to ask about it."""

    def __init__(self, code: CodeService, workspace_id: WorkspaceId) -> None:
        self._code = code
        self._workspace_id = workspace_id
        self.messages: list[str] = []

    async def explained(self, target: Target, words: str = "", model: ScriptedModel | None = None) -> str:
        now = datetime.now(UTC)
        run = Run(
            id=RunId("r1"),
            workspace_id=self._workspace_id,
            intent=Intent.EXPLAIN,
            target=target,
            instructions=words,
            client_id=None,
            state=RunState.PLANNING,
            progress=None,
            plan=None,
            proposal_id=None,
            answer=None,
            problem=None,
            created_at=now,
            updated_at=now,
            deadline_at=now,
            heartbeat_at=None,
        )

        async def note(progress: Progress) -> None:
            self.messages.append(progress.message)

        return await Explainer(self._code, model).explain(Question(run, ACCOUNT, 60.0), note)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    root = tmp_path / "project"
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    workspaces = WorkspaceService(tmp_path / "state", tmp_path / "cache", Settings())
    registered = await workspaces.register(WorkspaceRequest(root=str(root)))
    analysis = JediAnalysis(tmp_path / "jedi")
    code = CodeService(tmp_path / "index", workspaces, analysis)
    yield Shop(code, registered.id)
    await code.close()
    await analysis.close()


async def test_a_definition_is_explained_by_signature_documentation_users_and_tests(shop: Shop):
    answer = await shop.explained(Target(symbol="pay"))
    assert "A function in `shop/till.py:4`." in answer
    assert "def pay()" in answer
    assert "No other" not in answer
    assert "`test_pay` (`tests/test_till.py:4`): calls pay in line 5" in answer
    assert any("reading the code" in each for each in shop.messages) or not shop.messages


async def test_a_class_is_explained_with_what_is_in_it(shop: Shop):
    answer = await shop.explained(Target(path="shop/cart.py", symbol="Cart"))
    assert "- `Cart.total` (`shop/cart.py:10`)" in answer
    assert "- `pay` (`shop/till.py:4`): calls Cart in line 5" in answer


async def test_a_place_means_the_name_that_stands_there_or_what_is_around(shop: Shop):
    name = await shop.explained(Target(path="shop/till.py", range=line_range(4, 11, 11)))
    assert name.startswith("## `Cart`")
    lines = line_range(4, 0, 0)
    around = await shop.explained(
        Target(path="shop/till.py", range=lines.model_copy(update={"end": line_range(5, 0, 0).end}))
    )
    assert around.startswith("## `pay`")


async def test_a_file_is_explained_by_what_is_in_it_and_who_uses_that(shop: Shop):
    answer = await shop.explained(Target(path="shop/cart.py"))
    assert answer.startswith("## `shop/cart.py`")
    assert "- `Cart` (`shop/cart.py:4`)" in answer
    assert "`pay` (`shop/till.py:4`)" in answer


async def test_what_nobody_uses_and_no_test_reaches_is_said_to_be_so(shop: Shop):
    answer = await shop.explained(Target(path="lonely.py"))
    assert "Nothing in this workspace uses it by name." in answer
    assert "No test reaches it by name." in answer


async def test_words_are_answered_by_the_places_that_they_are_about(shop: Shop):
    answer = await shop.explained(Target(), "how does one pay")
    assert "`pay` (`shop/till.py:4`)" in answer


async def test_what_is_not_there_is_refused_with_what_to_do(shop: Shop):
    with pytest.raises(NotFound, match="Nothing called 'payy' is defined"):
        await shop.explained(Target(symbol="payy"))
    with pytest.raises(NotFound, match="about these words"):
        await shop.explained(Target(), "zyxwvut qponmlk")
    with pytest.raises(InvalidRequest, match="Say what is to be explained"):
        await shop.explained(Target())
    with pytest.raises(NotFound, match=r"no file gone\.py"):
        await shop.explained(Target(path="gone.py"))


async def test_a_model_adds_its_words_and_sees_the_code_as_data(shop: Shop):
    model = ScriptedModel("It pays for one cart.")
    answer = await shop.explained(Target(symbol="pay"), "why one?", model)
    assert answer.startswith("It pays for one cart.")
    assert "`test_pay`" in answer
    prompt = model.requests[0].messages[1].text
    assert "The question: why one?" in prompt
    assert "return Cart().total()" in prompt
    assert "<data " in prompt


async def test_a_model_that_fails_takes_nothing_away(shop: Shop):
    answer = await shop.explained(Target(symbol="pay"), "", ScriptedModel(BudgetExceeded("The budget is spent.")))
    assert answer.startswith("## `pay`")
    assert "No model added to this: The budget is spent." in answer


@given(doc=st.text(), name=st.text(min_size=1))
def test_no_documentation_or_name_becomes_markup(doc: str, name: str):
    top = line_range(0)
    symbol = Symbol(path="a.py", name=name, kind="function", range=top, name_range=top, signature=name, doc=doc)
    lines = explanation.of_symbol(symbol, [symbol], [], []).split("\n")
    fences = [line for line in lines if line.startswith("```")]
    assert len(fences) % 2 == 0
    outside = itertools.takewhile(lambda line: not line.startswith("```"), lines)
    assert all("`" not in line.strip("# -").strip("`").split("`")[0] for line in outside if line.startswith("##"))
