"""How many ways lead through a function (McCabe, "A complexity measure", IEEE TSE 1976). Pure."""

import ast

from tercet_server.checks.review.interface import Function

_BRANCHES = (
    ast.If, ast.For, ast.AsyncFor, ast.While, ast.IfExp, ast.ExceptHandler, ast.With, ast.AsyncWith, ast.comprehension,
    ast.match_case, ast.Assert,
)  # fmt: skip
_NO_BRANCH = (ast.With, ast.AsyncWith, ast.Assert)


def complexity(node: Function) -> int:
    """1 for a function without a branch; inner functions count for themselves."""
    count, left = 1, list(ast.iter_child_nodes(node))
    while left:
        each = left.pop()
        if isinstance(each, Function | ast.Lambda):
            continue
        if isinstance(each, _BRANCHES) and not isinstance(each, _NO_BRANCH):
            count += 1
        if isinstance(each, ast.BoolOp):
            count += len(each.values) - 1
        left += ast.iter_child_nodes(each)
    return count


def functions(tree: ast.Module) -> dict[str, Function]:
    """All of a module by their dotted names; of several alike, the last."""
    found: dict[str, Function] = {}

    def visit(node: ast.AST, owner: str) -> None:
        for each in ast.iter_child_nodes(node):
            name = f"{owner}{each.name}" if isinstance(each, Function | ast.ClassDef) else owner.rstrip(".")
            if isinstance(each, Function):
                found[name] = each
            visit(each, f"{name}." if isinstance(each, Function | ast.ClassDef) else owner)

    visit(tree, "")
    return found
