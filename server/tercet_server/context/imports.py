"""The import graph of a code base's Python files, read with `ast`: which file imports which. Executes nothing."""

import ast
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

_TEXT_CHARACTERS = 1_000_000


class ImportGraph:
    """Built from the modules that each file names; files are found by the ends of their paths, whatever the roots are."""

    def __init__(self, named: Mapping[str, frozenset[str]]) -> None:
        self._files = _by_module(named)
        self._imported_by: dict[str, set[str]] = {}
        for path, modules in named.items():
            for module in modules:
                for target in self._resolve(module, path):
                    self._imported_by.setdefault(target, set()).add(path)
        for path in named:
            for conftest in _conftests(path):
                if conftest in named and conftest != path:
                    self._imported_by.setdefault(conftest, set()).add(path)

    def distances(self, changed: Iterable[str]) -> dict[str, int]:
        """File → length of the shortest chain of imports from it to one of `changed`; absent where there is none."""
        found = dict.fromkeys(changed, 0)
        queue = deque(found)
        while queue:
            path = queue.popleft()
            for importer in self._imported_by.get(path, ()):
                if importer not in found:
                    found[importer] = found[path] + 1
                    queue.append(importer)
        return found

    def _resolve(self, module: str, importer: str) -> set[str]:
        """The files that `module` may be, and the packages around it, nearest to the importer where several match."""
        parts = module.split(".")
        found: set[str] = set()
        for length in range(len(parts), 0, -1):
            candidates = self._files.get(".".join(parts[:length]), ())
            if candidates:
                found.add(max(candidates, key=lambda path: (_shared_parts(path, importer), path)))
        return found - {importer}


def named_modules(path: str, text: str) -> frozenset[str]:
    """Every module that a text imports, `from a import b` as both `a` and `a.b`; relative ones as paths from the root."""
    if len(text) > _TEXT_CHARACTERS:
        return frozenset()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    package = PurePosixPath(path).parent.parts
    return frozenset(each for node in ast.walk(tree) for each in _named(node, package))


def _named(node: ast.AST, package: tuple[str, ...]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        around = package[: len(package) - node.level + 1] if node.level else ()
        base = ".".join([*around, *([node.module] if node.module else [])])
        if base:
            yield base
        yield from (f"{base}.{alias.name}".lstrip(".") for alias in node.names if alias.name != "*")


def _by_module(paths: Iterable[str]) -> dict[str, set[str]]:
    """Dotted name → files, under every end of a file's path: `src/shop/cart.py` is `src.shop.cart`, `shop.cart`, `cart`."""
    found: dict[str, set[str]] = {}
    for path in paths:
        parts = list(PurePosixPath(path).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        for start in range(len(parts)):
            found.setdefault(".".join(parts[start:]), set()).add(path)
    return found


def _conftests(path: str) -> Iterator[str]:
    for folder in PurePosixPath(path).parents:
        yield (folder / "conftest.py").as_posix()


def _shared_parts(one: str, other: str) -> int:
    count = 0
    for left, right in zip(PurePosixPath(one).parts, PurePosixPath(other).parts, strict=False):
        if left != right:
            break
        count += 1
    return count
