"""What a test file imports, and the names of tests. Pure."""

import ast
import builtins
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from tercet_server.ports import ExploredCase

_BUILTINS = frozenset(vars(builtins))
_PROVIDED = frozenset({"pytest", "result"})


def snake(name: str) -> str:
    """`ValueError` → `value_error`, `Cart.add` → `cart_add`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name.replace(".", "_"))
    return re.sub(r"[\W_]+", "_", words).strip("_").lower()


@dataclass
class Imports:
    """`own`: the names of the module under test. One name means one thing in the whole file."""

    module: str
    own: frozenset[str]
    taken: dict[str, str] = field(default_factory=dict)

    def take(self, case: ExploredCase) -> bool:
        """Whether all that the case names can be imported; if so, it is."""
        needed: dict[str, str] = {}
        for name in _named(case):
            module = self._module_of(name, case)
            if module is None or self.taken.get(name, module) != module:
                return False
            needed[name] = module
        if _assigned(case) & {*self.taken, *needed, *_BUILTINS}:
            return False
        self.taken.update(needed)
        return True

    def add(self, *modules: str) -> None:
        self.taken.update(dict.fromkeys(modules, ""))

    def _module_of(self, name: str, case: ExploredCase) -> str | None:
        """ "" for a module itself; None for a name that nobody knows."""
        for known in (case.names, case.outcome.imports):
            if name in known:
                return known[name]
        if name in self.own:
            return self.module
        return "" if name in {"itertools", "asyncio"} else None

    def lines(self) -> list[str]:
        """Sorted as isort does: `import x`, then `from x import y`; the module under test last."""
        plain = sorted(f"import {name}" for name, module in self.taken.items() if not module)
        by_module: dict[str, list[str]] = {}
        for name, module in self.taken.items():
            if module:
                by_module.setdefault(module, []).append(name)
        selected = [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(by_module.items())]
        return [*plain, *selected]


def _named(case: ExploredCase) -> list[str]:
    """What the code of a case loads without having bound it."""
    outcome = case.outcome
    written = [*case.setup, case.call, outcome.form, outcome.source]
    written += [part for check in outcome.checks for part in check[:2]]
    found: dict[str, None] = {}
    if outcome.kind == "raises":
        found[outcome.type.partition(".")[0]] = None
    if outcome.kind == "is" and outcome.type:
        found[outcome.type.partition(".")[0]] = None
    bound = _assigned(case)
    for tree in _trees(written):
        inner = {each.arg for each in ast.walk(tree) if isinstance(each, ast.arg)}
        inner |= {each.id for each in ast.walk(tree) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
        names = (each.id for each in ast.walk(tree) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load))
        found.update(dict.fromkeys(name for name in names if name not in inner | bound))
    return [name for name in found if name not in _PROVIDED and (name not in _BUILTINS or name in case.names)]


def _assigned(case: ExploredCase) -> set[str]:
    trees = _trees(case.setup)
    targets = (each for tree in trees for each in ast.walk(tree) if isinstance(each, ast.Name))
    return {each.id for each in targets if isinstance(each.ctx, ast.Store)}


def _trees(sources: Iterable[str]) -> list[ast.Module]:
    return [ast.parse(each) for each in sources if each]


def unique(wanted: str, taken: set[str]) -> str:
    """The name, or the name with a number, that no other test has."""
    number, name = 2, wanted
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    taken.add(name)
    return name
