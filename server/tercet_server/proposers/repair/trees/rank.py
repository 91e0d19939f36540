"""Finds and ranks the mutations of a file of some language, as `repair.rank` does for Python: P(line) · P(operator) · P(edit)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from tercet_server.proposers.repair.mutation import Mutation, Operator
from tercet_server.proposers.repair.naturalness import Naturalness
from tercet_server.proposers.repair.priors import PRIORS
from tercet_server.proposers.repair.ranked import HEADER_SHARE, MAX_PER_FILE, UNCOVERED_SHARE, Ranked, in_order
from tercet_server.proposers.repair.trees.expressions import mutations_of_expression
from tercet_server.proposers.repair.trees.source import Node, Source
from tercet_server.proposers.repair.trees.statements import mutations_of_statement


def ranked_tree_mutations(source: Source, suspicion: Mapping[int, float], limit: int = MAX_PER_FILE) -> list[Ranked]:
    """The mutations at the suspicious lines (from zero, scores above 0), likeliest first; the same input, the same list."""
    scores = _line_scores(source, suspicion)
    naturalness = Naturalness(source.text)
    found: dict[tuple[int, int, str], Ranked] = {}
    nodes = [each for each in source.nodes if each.is_named and scores.get(source.line(each))]
    for node in sorted(nodes, key=lambda each: -scores[source.line(each)]):
        for ranked in _at_node(source, node, scores, naturalness):
            mutation = ranked.mutation
            key = (mutation.start, mutation.end, mutation.replacement)
            if key not in found or found[key].chance < ranked.chance:
                found[key] = ranked
        if len(found) >= limit:
            break
    return in_order(found.values())


def _at_node(source: Source, node: Node, scores: Mapping[int, float], naturalness: Naturalness) -> Iterator[Ranked]:
    groups: dict[Operator, list[tuple[Mutation, float]]] = defaultdict(list)
    for mutations in (mutations_of_expression(source, node), mutations_of_statement(source, node)):
        for mutation in mutations:
            groups[mutation.operator].append((mutation, mutation.weight * naturalness.of(mutation)))
    for operator, alternatives in groups.items():
        total = sum(weight for _, weight in alternatives)
        for mutation, weight in alternatives:
            yield Ranked(mutation, scores.get(mutation.line, 0.0) * PRIORS[operator] * weight / total)


def _line_scores(source: Source, suspicion: Mapping[int, float]) -> dict[int, float]:
    """Spread from the lines that ran to the rest of their functions, and over the lines of one statement."""
    scores = dict(suspicion)
    for node in source.nodes:
        if node.type not in source.dialect.function:
            continue
        lines = range(source.line(node), node.end_point[0] + 1)
        highest = max((suspicion.get(line, 0.0) for line in lines), default=0.0)
        for line in lines if highest else ():
            share = HEADER_SHARE if line == lines[0] else UNCOVERED_SHARE
            scores[line] = max(scores.get(line, 0.0), highest * share)
    return scores
