"""What outcomes teach: trust in proposers, and sentences; for any outcomes at all."""

from hypothesis import given
from hypothesis import strategies as st
from tercet_server.agents.lessons import MOST_LESSONS, Later, confidence_in, lessons_of, records_of
from tercet_server.ports import Outcomes, PastProposal
from tercet_shared.ids import ProposalId
from tercet_shared.proposals import ProposalState
from tercet_shared.runs import Intent

S = ProposalState


def past(*states: ProposalState, proposer: str = "model", intent: Intent = Intent.REFACTOR) -> list[PastProposal]:
    return [PastProposal(ProposalId(f"{proposer}{n}"), proposer, intent, f"title {n}", s) for n, s in enumerate(states)]


def test_who_is_new_is_trusted_and_one_refusal_proves_little():
    [kept] = records_of(Outcomes(proposals=past(S.APPLIED)), Later())
    [refused] = records_of(Outcomes(proposals=past(S.DISCARDED)), Later())
    [waiting] = records_of(Outcomes(proposals=past(S.OFFERED, S.SUPERSEDED, S.CLAIMED)), Later())
    assert (kept.confidence, waiting.confidence) == (1.0, 1.0)
    assert 0.5 < refused.confidence < 0.75
    assert lessons_of(Outcomes(proposals=past(S.DISCARDED)), [refused]) == ["The user discarded: title 0"]


def test_what_is_mostly_refused_becomes_a_lesson():
    outcomes = Outcomes(proposals=past(S.DISCARDED, S.UNDONE, S.APPLIED))
    lessons = lessons_of(outcomes, records_of(outcomes, Later()))
    assert lessons[0] == "Of 3 changes to refactor that `model` proposed here, 2 were discarded or undone."
    assert "The user took back: title 1" in lessons


def test_what_was_edited_counts_half_and_what_was_taken_back_by_hand_is_undone():
    outcomes = Outcomes(proposals=past(S.APPLIED, S.APPLIED, S.APPLIED))
    [record] = records_of(outcomes, Later(edited={"model0", "model1"}, gone={"model2"}))
    assert (record.applied, record.edited, record.undone) == (2, 2, 1)
    assert record.confidence == (1 + 2) / (3 + 2)
    assert "2 were edited afterwards" in " ".join(lessons_of(outcomes, [record]))


def test_the_check_that_fails_most_is_told_once_there_is_enough_to_say():
    assert lessons_of(Outcomes(candidates=4, failed_checks={"tests": 4}), []) == []
    told = lessons_of(Outcomes(candidates=9, failed_checks={"lint": 1, "tests": 4}), [])
    assert told == ["Changes fail most often at the check `tests` here: 4 of 9."]


def test_trust_is_of_one_intent():
    outcomes = Outcomes(proposals=[*past(S.DISCARDED), *past(S.APPLIED, proposer="repair", intent=Intent.FIX)])
    records = records_of(outcomes, Later())
    assert confidence_in(records, Intent.FIX) == {"repair": 1.0}
    assert set(confidence_in(records, Intent.REFACTOR)) == {"model"}


proposals = st.lists(
    st.builds(
        PastProposal,
        id=st.uuids().map(lambda each: ProposalId(each.hex)),
        proposer=st.sampled_from(["rules", "repair", "model"]),
        intent=st.sampled_from(Intent),
        title=st.text(),
        state=st.sampled_from(ProposalState),
    ),
    max_size=40,
)


@given(proposals, st.integers(0, 100), st.dictionaries(st.text(), st.integers(0, 100)), st.data())
def test_any_outcomes_are_counted_once_and_told_briefly(found, candidates, failed, data):
    ids = [each.id for each in found]
    chosen = st.sets(st.sampled_from(ids)) if ids else st.just(set())
    later = Later(edited=data.draw(chosen), gone=data.draw(chosen))
    outcomes = Outcomes(proposals=found, candidates=candidates, failed_checks=failed)
    records = records_of(outcomes, later)
    assert sum(record.offered for record in records) == len(found)
    for record in records:
        assert 0 < record.confidence <= 1
        assert record.applied + record.discarded + record.undone <= record.offered
        assert record.edited <= record.applied
    lessons = lessons_of(outcomes, records)
    assert len(lessons) <= MOST_LESSONS
    assert all("\n" not in lesson for lesson in lessons)
