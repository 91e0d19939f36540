"""The critique: has a candidate proved and turns the evidence into a verdict with reasons. Proves nothing itself."""

from dataclasses import dataclass

from tercet_shared.proposals import Candidate, Check, CheckName, CheckStatus, Decision, Evidence, Verdict
from tercet_shared.workspaces import Interpreter

from tercet_server.ports import Checker, PrivateCopy, ProofTask, ReportProgress

NAMED_TESTS = 5


@dataclass(frozen=True)
class Judgement:
    candidate: Candidate
    verdict: Verdict
    evidence: Evidence

    @property
    def is_accepted(self) -> bool:
        return self.verdict.decision is Decision.ACCEPT


class Critique:
    """Says of a candidate: accept, revise (close, and why not yet), or reject."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker

    async def judge(
        self,
        candidate: Candidate,
        copy: PrivateCopy,
        interpreter: Interpreter,
        proof: ProofTask,
        progress: ReportProgress,
    ) -> Judgement:
        evidence = await self._checker.prove(copy, interpreter, proof, progress)
        return Judgement(candidate, verdict_on(evidence, has_targets=bool(proof.target_tests)), evidence)


def verdict_on(evidence: Evidence, *, has_targets: bool) -> Verdict:
    """Pure. Accepted is only what failed no check and, where tests were to be repaired, made them pass.

    A repair whose effect on other tests could not be found out is accepted as what it then is: unverified.
    """
    repaired = any(
        check.name is CheckName.TARGET_TESTS and check.status is CheckStatus.PASSED for check in evidence.checks
    )
    broken = [check for check in evidence.checks if _is_against(check, repaired, evidence.verified)]
    if broken:
        only_regressions = repaired and all(check.name is CheckName.TESTS for check in broken)
        decision = Decision.REVISE if only_regressions else Decision.REJECT
        return Verdict(decision=decision, reasons=[_reason(check) for check in broken])
    if has_targets and not repaired:
        return Verdict(decision=Decision.REJECT, reasons=["The tests that it is to repair were not run on it."])
    return Verdict(decision=Decision.ACCEPT, reasons=_reasons_to_accept(evidence))


def _is_against(check: Check, repaired: bool, verified: bool) -> bool:
    undecided = check.name is CheckName.TESTS and check.status is CheckStatus.ERROR
    if undecided and repaired and not verified:
        return False
    return check.status in (CheckStatus.FAILED, CheckStatus.ERROR)


def _reason(check: Check) -> str:
    named = check.failed[:NAMED_TESTS]
    more = f" and {len(check.failed) - len(named)} more" if len(check.failed) > len(named) else ""
    tests = f" ({', '.join(named)}{more})" if named else ""
    return f"{check.name}: {check.summary}{tests}"


def _reasons_to_accept(evidence: Evidence) -> list[str]:
    gates = [f"{check.name}: {check.summary}" for check in evidence.checks if check.status is CheckStatus.WARNED]
    reasons = [check.summary for check in evidence.checks if check.status is CheckStatus.PASSED and check.gate is None]
    reasons += gates
    if not evidence.verified:
        reasons.append(f"Unverified: {evidence.unverified_reason or 'the proof is not complete'}")
    return reasons
