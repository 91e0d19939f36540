"""The rows and confinements of docs/architecture.md hold: every contract of import-linter, on the imports as they are."""

import ast
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def test_every_import_goes_down_and_no_sibling_knows_another():
    lint = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert lint.returncode == 0, lint.stdout + lint.stderr


def test_no_grammar_is_imported_by_name():
    """Import-linter would need a line a grammar. They are named in the catalogue alone, and loaded when they are needed."""
    importing = set()
    for path in (path for package in ("shared", "lsp", "server") for path in (REPOSITORY / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            modules = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            importing |= {path for module in modules if module.startswith("tree_sitter_")}
    assert not importing
