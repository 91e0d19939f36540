"""What is to be characterised: which names of which module, and under which names that may be imported. No I/O."""

import ast
from collections.abc import Sequence
from pathlib import PurePosixPath

from tercet_shared.edits import Range

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def is_test_file(path: str) -> bool:
    """By pytest's own naming."""
    name = PurePosixPath(path).name
    return name == "conftest.py" or name.startswith("test_") or name.endswith("_test.py")


def module_names(path: str, files: Sequence[str]) -> list[str]:
    """Under which names the module may be imported, likeliest first: from the folder above its packages, then any above."""
    packages = {str(PurePosixPath(each).parent) for each in files if PurePosixPath(each).name == "__init__.py"}
    parts = list(PurePosixPath(path).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    top = len(parts) - 1
    while top > 0 and "/".join(parts[:top]) in packages:
        top -= 1
    starts = [top, *(each for each in range(len(parts)) if each != top)]
    return [".".join(parts[start:]) for start in starts if all(part.isidentifier() for part in parts[start:])]


def subjects(text: str, symbol: str | None, place: Range | None) -> list[str]:
    """Functions, classes and "Class.method"; [] for all that are public. Raises SyntaxError and ValueError."""
    if symbol:
        return [symbol]
    if place is None:
        return []
    found = []
    for name, node in definitions(ast.parse(text)):
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1
        last = (node.end_lineno or node.lineno) - 1
        if first <= place.end.line and place.start.line <= last:
            found.append(name)
    return [name for name in found if not any(other.startswith(f"{name}.") for other in found)]


def definitions(tree: ast.Module) -> list[tuple[str, Definition]]:
    """Functions and classes of the module, and the classes' methods as "Class.method"."""
    found: list[tuple[str, Definition]] = []
    for node in tree.body:
        if isinstance(node, Definition):
            found.append((node.name, node))
        if isinstance(node, ast.ClassDef):
            found += [(f"{node.name}.{each.name}", each) for each in node.body if isinstance(each, Definition)]
    return found


def definitions_of(text: str) -> list[tuple[str, Definition]]:
    """Of a text; none of one that cannot be parsed."""
    try:
        return definitions(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def test_file(path: str, files: Sequence[str]) -> str:
    """A new file for the tests of a module: where the project keeps its tests, mirroring its folders as far as it does."""
    module = PurePosixPath(path)
    stem = module.parent.name if module.stem == "__init__" else module.stem
    folder = _folder(module, [PurePosixPath(each) for each in files if is_test_file(each)])
    taken = {PurePosixPath(each).name for each in files}
    names = [f"test_{stem}.py", f"test_{module.parent.name}_{stem}.py", f"test_{stem}_characterised.py"]
    names += [f"test_{stem}_characterised_{number}.py" for number in range(2, 100)]
    free = (each for each in names if each not in taken and PurePosixPath(each).stem.isidentifier())
    return str(folder / next(free, f"test_{stem}_characterised_100.py"))


def _folder(module: PurePosixPath, tests: Sequence[PurePosixPath]) -> PurePosixPath:
    folders = [each.parent for each in tests if each.name != "conftest.py"]
    if not folders:
        flat = str(module.parent) == "."
        return PurePosixPath("." if flat else "tests")
    mirrored = [each for each in folders if each.name == module.parent.name and each.name]
    counted = mirrored or [each for each in folders if len(each.parts) == min(len(other.parts) for other in folders)]
    return max(dict.fromkeys(counted), key=counted.count)
