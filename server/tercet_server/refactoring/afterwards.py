"""Which names a function may still read once certain of its statements have run, or were broken off by an exception. Pure.

Every way that control may take from there is looked at, the next round of the loops around included.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from tercet_server.refactoring.flow import NOTHING, Flow, stored
from tercet_server.refactoring.selection import block_of
from tercet_server.refactoring.source import FUNCTIONS


def read_after(path: Sequence[ast.AST], last: ast.stmt, names: Iterable[str]) -> tuple[set[str], set[str]]:
    """What may be read after `last` was run, and what if it raised: of `names`, in the function that the path leads into.

    The path ends at the owner of the block of `last`.
    """
    normal, broken_off = Flow(names), Flow(names)
    is_caught = False
    child: ast.AST = last
    for node in reversed(path):
        is_caught = is_caught or isinstance(node, ast.Try | ast.TryStar | ast.With | ast.AsyncWith)
        for flow in (normal, broken_off) if is_caught else (normal,):
            if isinstance(child, ast.stmt):
                block = block_of([node], child)
                flow.block(block[_index(block, child) + 1 :] if flow is normal or child is not last else [], NOTHING)
            _rest_of(flow, node)
        if isinstance(node, FUNCTIONS):
            break
        child = node
    return set(normal.exposed), set(broken_off.exposed)


def _rest_of(flow: Flow, node: ast.AST) -> None:
    """What else of a statement may be run after a part of it."""
    match node:
        case ast.For() | ast.AsyncFor() | ast.While():
            if isinstance(node, ast.While):
                flow.reads(node.test, NOTHING)
                flow.block(node.body, NOTHING)
            else:
                flow.reads(node.target, NOTHING)
                flow.block(node.body, stored(node.target))
            flow.block(node.orelse, NOTHING)
        case ast.Try() | ast.TryStar():
            for handler in node.handlers:
                flow.reads(handler.type, NOTHING)
                flow.block(handler.body, NOTHING)
            flow.block(node.orelse, NOTHING)
            flow.block(node.finalbody, NOTHING)
        case _:
            pass


def _index(block: Sequence[ast.stmt], statement: ast.stmt) -> int:
    return next(index for index, each in enumerate(block) if each is statement)
