"""Tells mutants apart by what they compile to: drops those that do not compile, change nothing, or double another.

Compiling folds constants, so `x + 0 * 2` and `x + 0` are one. Nothing is executed.
"""

import __future__

import ast
import hashlib
import marshal
from types import CodeType

from tercet_server.languages.quietly import without_warnings
from tercet_server.proposers.repair.module import Module
from tercet_server.proposers.repair.mutation import Mutation

_MARSHAL_VERSION = 2
"""Without back references, so equal code has equal bytes."""


class Equivalence:
    """The distinct mutants of one module. Compiles only the top-level statement that a mutation changes."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._flags = _future_flags(module.tree)
        self._spans = [(module.start(each), module.end(each)) for each in module.tree.body]
        self._known: set[bytes] = set()
        for start, end in self._spans:
            self._known.add(self._fingerprint(start, module.text[start:end]) or b"")

    def is_new(self, mutation: Mutation) -> bool:
        """Whether the mutant compiles and is neither the original nor one that was asked about before."""
        text = self._module.text
        start, end = next(
            ((start, end) for start, end in self._spans if start <= mutation.start and mutation.end <= end),
            (0, len(text)),
        )
        mutated = text[start : mutation.start] + mutation.replacement + text[mutation.end : end]
        fingerprint = self._fingerprint(start, mutated)
        if fingerprint is None or fingerprint in self._known:
            return False
        self._known.add(fingerprint)
        return True

    def _fingerprint(self, start: int, source: str) -> bytes | None:
        try:
            with without_warnings():
                code = compile(source, "mutant", "exec", flags=self._flags, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
            return None
        return hashlib.sha256(start.to_bytes(8) + marshal.dumps(_without_positions(code), _MARSHAL_VERSION)).digest()


def _without_positions(code: CodeType) -> CodeType:
    constants = tuple(_without_positions(each) if isinstance(each, CodeType) else each for each in code.co_consts)
    return code.replace(co_consts=constants, co_linetable=b"", co_firstlineno=1)


def _future_flags(tree: ast.Module) -> int:
    names = [
        alias.name
        for each in tree.body
        if isinstance(each, ast.ImportFrom) and each.module == "__future__"
        for alias in each.names
    ]
    flags = 0
    for name in names:
        flags |= getattr(getattr(__future__, name, None), "compiler_flag", 0)
    return flags
