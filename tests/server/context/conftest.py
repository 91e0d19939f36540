"""A small shop in several languages, registered and indexed, for whoever asks about its code."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tercet_server.config import Settings
from tercet_server.context import CodeService, JediAnalysis
from tercet_server.context.symbols import calls, definitions, usages
from tercet_server.ports import CodePlace
from tercet_server.workspace import WorkspaceService
from tercet_shared.context import IndexState
from tercet_shared.ids import ClientId
from tercet_shared.workspaces import WorkspaceRequest

from tests.doubles.workspace_ground import Ground

SHOP = {
    "src/shop/__init__.py": "from shop.cart import Cart\n",
    "src/shop/money.py": "def rounded(amount):\n    \"\"\"To whole cents, half up.\"\"\"\n    return round(amount, 2)\n",
    "src/shop/cart.py": (
        "from shop.money import rounded\n\n\nclass Cart:\n    def __init__(self, items):\n        self.items = items\n\n"
        "    def total(self):\n        \"\"\"What the items cost together.\"\"\"\n        return rounded(sum(self.items))\n"
    ),
    "src/shop/bill.py": "class Bill:\n    def total(self):\n        return 0\n",
    "src/shop/till.py": (
        "from shop import Cart\n\n\ndef pay(items):\n    cart = Cart(items)\n    return cart.total()\n\n\n"
        "def pay_twice(items):\n    return pay(items) + pay(items)\n"
    ),
    "tests/conftest.py": "import pytest\nfrom shop.cart import Cart\n\n\n@pytest.fixture\ndef cart():\n    return Cart([1])\n",
    "tests/test_cart.py": "def test_total(cart):\n    assert cart.total() == 1\n",
    "tests/test_till.py": "from shop.till import pay_twice\n\n\ndef test_pay():\n    assert pay_twice([1]) == 2\n",
    "web/cart.ts": "export function sum(items: number[]): number {\n  return items.reduce((a, b) => a + b, 0);\n}\n",
    "web/app.ts": 'import { sum } from "./cart";\n\nexport function show() {\n  const name = "😀"; return name + sum([1, 2]);\n}\n',
    "go/pay.go": "package pay\n\nfunc Pay(items []int) int {\n\treturn Sum(items)\n}\n",
    "go/sum.go": "package pay\n\nfunc Sum(items []int) int {\n\treturn len(items)\n}\n",
    "README.md": "# The shop\n\nHow amounts are rounded stands in `money.py`.\n",
}  # fmt: skip


@dataclass
class Asked:
    """A workspace's code, and short ways to ask about it."""

    service: CodeService
    ground: Ground

    def put(self, path: str, text: str) -> None:
        self.ground.put(path, text)

    def place(self, path: str, what: str, text: str | None = None, client: ClientId | None = None) -> CodePlace:
        """Where `what` begins for the first time in the file's text."""
        before, found, _ = (text or (self.ground.root / path).read_text()).partition(what)
        assert found, f"{what!r} is not in {path}"
        return CodePlace(self.ground.id, path, before.count("\n"), len(before.rpartition("\n")[2]), client)

    async def built(self) -> None:
        """Waits until the index is up to date."""
        async with asyncio.timeout(60):
            while (await self.service.status(self.ground.id)).state is IndexState.BUILDING:
                await asyncio.sleep(0.01)


async def shop(tmp_path: Path) -> Ground:
    root = tmp_path / "project"
    for path, text in SHOP.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    service = WorkspaceService(tmp_path / "state", tmp_path / "cache", Settings())
    registered = await service.register(WorkspaceRequest(root=str(root)))
    return Ground(service, Path(registered.root), tmp_path / "state", tmp_path / "cache", registered.id)


@pytest.fixture
async def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Asked]:
    """Analyses have all the time they need: a loaded machine changes no answer."""
    monkeypatch.setattr(definitions, "DEADLINE_S", 60.0)
    monkeypatch.setattr(usages, "DEADLINE_S", 60.0)
    monkeypatch.setattr(calls, "DEADLINE_S", 60.0)
    ground = await shop(tmp_path)
    analysis = JediAnalysis(tmp_path / "jedi")
    service = CodeService(tmp_path / "index", ground.service, analysis)
    made = Asked(service, ground)
    await made.built()
    yield made
    await service.close()
    await analysis.close()
