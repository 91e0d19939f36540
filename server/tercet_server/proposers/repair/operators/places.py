"""Where in the text an operator's token stands, and in what position of its statement a node is."""

import ast
import re

from tercet_server.proposers.repair.module import Module

_COMMENT = re.compile(r"#[^\r\n]*")


def gap_token(module: Module, left: ast.expr, right: ast.expr, token: str) -> tuple[int, int] | None:
    """The span of the operator `token` between two neighbouring operands; None if it is not found there."""
    start, end = module.end(left), module.start(right)
    gap = _COMMENT.sub(lambda comment: " " * len(comment.group()), module.text[start:end])
    pattern = r"\s+".join(re.escape(word) for word in token.split())
    found = re.search(pattern, gap)
    return (start + found.start(), start + found.end()) if found else None


def is_condition(module: Module, node: ast.expr) -> bool:
    """Whether only the truth of `node` matters: a test, or an operand of one."""
    parent = module.parent(node)
    match parent:
        case ast.If() | ast.While() | ast.IfExp() | ast.Assert():
            return parent.test is node
        case ast.comprehension():
            return node in parent.ifs
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.BoolOp():
            return is_condition(module, parent)
        case _:
            return False


def is_read(node: ast.expr) -> bool:
    """Not the target of an assignment or deletion."""
    return isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
