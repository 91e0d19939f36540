"""How likely each kind of edit is to be the repair, before anything is known of the bug.

Relative frequencies after studies of one-line fixes: Karampatsis and Sutton, "How often do single-statement bugs
occur?" (ManySStuBs4J, MSR 2020); Kamienski et al., "PySStuBs" (MSR 2021); Campos and Maia, "Common bug-fix patterns"
(ESEM 2017). Only their order of magnitude matters: it decides what is tried first.
"""

from tercet_server.proposers.repair.mutation import Operator

PRIORS: dict[Operator, float] = {
    Operator.COMPARISON_BOUNDARY: 1.0,
    Operator.COMPARISON_DIRECTION: 0.4,
    Operator.COMPARISON_EQUALITY: 0.5,
    Operator.ARITHMETIC: 0.7,
    Operator.BITWISE: 1.0,
    Operator.BOOLEAN: 0.6,
    Operator.NEGATION: 0.5,
    Operator.NONE_CHECK: 0.4,
    Operator.CONJUNCT_DROP: 0.4,
    Operator.CONJUNCT_ADD: 1.0,
    Operator.OFF_BY_ONE: 1.0,
    Operator.BOUND: 0.6,
    Operator.CONSTANT: 0.8,
    Operator.NAME: 1.5,
    Operator.ATTRIBUTE: 0.8,
    Operator.EXPRESSION: 1.0,
    Operator.OPERAND_SWAP: 0.3,
    Operator.OPERAND_DROP: 0.3,
    Operator.OPERAND_ADD: 0.5,
    Operator.REGROUP: 0.3,
    Operator.ARGUMENT_SWAP: 0.8,
    Operator.ARGUMENT_DROP: 0.2,
    Operator.ARGUMENT_ADD: 0.5,
    Operator.CALL_SIMILAR: 0.8,
    Operator.CALL_WRAP: 0.6,
    Operator.CALL_UNWRAP: 0.3,
    Operator.CLAMP: 0.3,
    Operator.METHOD: 0.6,
    Operator.AWAIT: 0.8,
    Operator.YIELD: 0.8,
    Operator.CONDITIONAL: 0.5,
    Operator.COMPREHENSION: 0.5,
    Operator.ELEMENT_SWAP: 0.5,
    Operator.ELEMENT_DROP: 0.2,
    Operator.ELEMENT_ADD: 0.5,
    Operator.DEFAULT: 0.5,
    Operator.TARGET: 0.5,
    Operator.AUGMENTED: 0.6,
    Operator.INITIAL_VALUE: 0.4,
    Operator.RETURN_VALUE: 1.0,
    Operator.RETURN_ADD: 0.8,
    Operator.JUMP: 0.3,
    Operator.LOOP: 0.4,
    Operator.GUARD: 1.5,
    Operator.STATEMENT_DELETE: 0.1,
    Operator.STATEMENT_INSERT: 1.0,
    Operator.STATEMENT_MOVE: 0.3,
    Operator.STATEMENT_SWAP: 0.3,
}
