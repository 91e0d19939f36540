"""What earlier outcomes teach: how far each proposer is trusted here, and lessons in sentences. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tercet_shared.learning import Record
from tercet_shared.proposals import ProposalState
from tercet_shared.runs import Intent

from tercet_server.ports import Outcomes, PastProposal

ASSUMED_KEPT = 2
"""Kept proposals that each proposer is credited with at the beginning (a Beta(2, 0) prior): one refusal proves little."""

EDITED_WORTH = 0.5
"""What a change counts that was applied and then edited: it was a beginning."""

MOST_LESSONS = 8
NAMED_REFUSALS = 3
TITLE_LENGTH = 120
ENOUGH_REFUSALS, ENOUGH_CANDIDATES, TELLING_SHARE = 2, 5, 0.3

_REFUSED = {ProposalState.DISCARDED: "discarded", ProposalState.UNDONE: "took back"}


@dataclass(frozen=True)
class Later:
    """What became of applied proposals afterwards, by their ids, found in the texts."""

    edited: Collection[str] = ()
    gone: Collection[str] = ()
    """Taken back by hand."""


def records_of(outcomes: Outcomes, later: Later) -> list[Record]:
    """One for each proposer and intent, the most offered first."""
    groups: dict[tuple[str, Intent], list[PastProposal]] = defaultdict(list)
    for each in outcomes.proposals:
        groups[each.proposer, each.intent].append(each)
    records = [_record(proposer, intent, group, later) for (proposer, intent), group in groups.items()]
    return sorted(records, key=lambda record: (-record.offered, record.proposer, record.intent))


def confidence_in(records: Iterable[Record], intent: Intent) -> dict[str, float]:
    """Proposer → the share of its proposals for this intent that is expected to be kept."""
    return {record.proposer: record.confidence for record in records if record.intent is intent}


def lessons_of(outcomes: Outcomes, records: Sequence[Record]) -> list[str]:
    """The most telling first, at most eight."""
    refusals = [lesson for record in records for lesson in _of_record(record)]
    lessons = [*refusals, *_of_titles(outcomes.proposals), *_of_checks(outcomes.candidates, outcomes.failed_checks)]
    return lessons[:MOST_LESSONS]


def _record(proposer: str, intent: Intent, group: Sequence[PastProposal], later: Later) -> Record:
    applied = [each for each in group if each.state is ProposalState.APPLIED and each.id not in later.gone]
    gone = sum(each.state is ProposalState.APPLIED for each in group) - len(applied)
    edited = sum(each.id in later.edited for each in applied)
    discarded = sum(each.state is ProposalState.DISCARDED for each in group)
    undone = sum(each.state is ProposalState.UNDONE for each in group) + gone
    kept = len(applied) - edited * (1 - EDITED_WORTH)
    decided = len(applied) + discarded + undone
    return Record(
        proposer=proposer,
        intent=intent,
        offered=len(group),
        applied=len(applied),
        edited=edited,
        discarded=discarded,
        undone=undone,
        confidence=(kept + ASSUMED_KEPT) / (decided + ASSUMED_KEPT),
    )


def _of_record(record: Record) -> Iterable[str]:
    refused = record.discarded + record.undone
    decided = record.applied + refused
    if refused >= ENOUGH_REFUSALS and 2 * refused > decided:
        yield (
            f"Of {decided} changes to {record.intent} that `{record.proposer}` proposed here, {refused} were discarded or undone."
        )
    if record.edited >= ENOUGH_REFUSALS and 2 * record.edited > record.applied:
        yield (
            f"Of {record.applied} applied changes to {record.intent} by `{record.proposer}`,"
            f" {record.edited} were edited afterwards."
        )


def _of_titles(proposals: Sequence[PastProposal]) -> Iterable[str]:
    refused = [each for each in proposals if each.state in _REFUSED][:NAMED_REFUSALS]
    return (f"The user {_REFUSED[each.state]}: {_shortened(each.title)}" for each in refused)


def _of_checks(candidates: int, failed: Mapping[str, int]) -> Iterable[str]:
    name, count = max(failed.items(), key=lambda item: item[1], default=("", 0))
    if candidates >= ENOUGH_CANDIDATES and count >= TELLING_SHARE * candidates:
        yield f"Changes fail most often at the check `{_shortened(name)}` here: {count} of {candidates}."


def _shortened(title: str) -> str:
    line = " ".join(title.split())
    return line if len(line) <= TITLE_LENGTH else f"{line[: TITLE_LENGTH - 3]}..."
