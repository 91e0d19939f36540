"""What a mutation is: one replaced span of a module's text. Knows nothing of how mutations are found or judged."""

from dataclasses import dataclass
from enum import StrEnum


class Operator(StrEnum):
    """The kinds of edit; `priors` says how likely each is to be the repair."""

    COMPARISON_BOUNDARY = "comparison-boundary"
    COMPARISON_DIRECTION = "comparison-direction"
    COMPARISON_EQUALITY = "comparison-equality"
    COMPARISON_SHIFT = "comparison-shift"
    ARITHMETIC = "arithmetic"
    BITWISE = "bitwise"
    BOOLEAN = "boolean"
    NEGATION = "negation"
    NONE_CHECK = "none-check"
    CONJUNCT_DROP = "conjunct-drop"
    CONJUNCT_ADD = "conjunct-add"
    OFF_BY_ONE = "off-by-one"
    OFF_BESIDE_NUMBER = "off-beside-number"
    BOUND = "bound"
    CONSTANT = "constant"
    NAME = "name"
    ATTRIBUTE = "attribute"
    EXPRESSION = "expression"
    VARIABLE = "variable"
    OPERAND_SWAP = "operand-swap"
    OPERAND_DROP = "operand-drop"
    OPERAND_ADD = "operand-add"
    REGROUP = "regroup"
    ARGUMENT_SWAP = "argument-swap"
    ARGUMENT_DROP = "argument-drop"
    ARGUMENT_ADD = "argument-add"
    CALL_SIMILAR = "call-similar"
    CALL_WRAP = "call-wrap"
    CALL_UNWRAP = "call-unwrap"
    CLAMP = "clamp"
    METHOD = "method"
    AWAIT = "await"
    YIELD = "yield"
    CONDITIONAL = "conditional"
    COMPREHENSION = "comprehension"
    ELEMENT_SWAP = "element-swap"
    ELEMENT_DROP = "element-drop"
    ELEMENT_ADD = "element-add"
    DEFAULT = "default"
    DECORATION = "decoration"
    DECORATOR = "decorator"
    KEYWORD = "keyword"
    LOST_VALUE = "lost-value"
    TARGET = "target"
    AUGMENTED = "augmented"
    INITIAL_VALUE = "initial-value"
    UPDATE_ADD = "update-add"
    RETURN_VALUE = "return-value"
    RETURN_ADD = "return-add"
    JUMP = "jump"
    LOOP = "loop"
    GUARD = "guard"
    STATEMENT_DELETE = "statement-delete"
    STATEMENT_INSERT = "statement-insert"
    STATEMENT_MOVE = "statement-move"
    STATEMENT_SWAP = "statement-swap"


@dataclass(frozen=True, slots=True)
class Mutation:
    """Replace `text[start:end]` (code points) by `replacement`."""

    start: int
    end: int
    replacement: str
    operator: Operator
    line: int
    """From zero: whose suspiciousness it has."""
    weight: float = 1.0
    """How likely this alternative is among those of the same operator at the same place."""

    def apply(self, text: str) -> str:
        return text[: self.start] + self.replacement + text[self.end :]
