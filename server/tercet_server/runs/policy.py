"""What is allowed: which requests may run, how long, and how many candidates are tried. Pure decisions, no I/O."""

from collections.abc import Sequence

from tercet_shared.errors import InvalidRequest, NoInterpreter, NotTrusted, SandboxUnavailable, Unsupported
from tercet_shared.proposals import OnFailure
from tercet_shared.runs import Intent, Plan, Run, RunRequest
from tercet_shared.workspaces import Interpreter, Trust, Workspace

from tercet_server.config import GatesSettings
from tercet_server.ports import GatePolicy, Gates, Proposer

ANSWERED = frozenset({Intent.REVIEW, Intent.EXPLAIN})
"""Intents that no proposer serves: they end with an answer."""

READ_ONLY = frozenset({Intent.EXPLAIN})
"""Intents for which nothing of the workspace runs: they need neither its user's trust nor an interpreter nor a sandbox."""

MOST_STEPS = 20

PLANNED_BY_MODEL = frozenset({Intent.IMPLEMENT, Intent.REFACTOR, Intent.OPTIMISE, Intent.SECURE})
"""Where one is configured. Its steps build on each other: each one's candidate holds the changes of those before."""

REVIEWED_BY_MODEL = frozenset(Intent) - {Intent.FIX, Intent.REVIEW, Intent.EXPLAIN}
"""What a model changed for these is looked at by a model after the proof; a repair is judged by the tests that failed."""

MOST_CANDIDATES = 20
"""Candidates of one step that are proved: each costs a whole proof."""

SEARCH_SHARE = 0.6
"""Of the time left, what the search of all steps may take; the rest is for proving what it finds, which does not count."""

PROOF_SHARE = 0.7
"""Of the time left, what one proof may take: the offer needs some too."""

SHORTEST_SEARCH_S = 1.0

STRONGER_THAN = {
    "not isolated": ("reduced", "namespaces", "container"),
    "reduced": ("namespaces", "container"),
    "namespaces": ("container",),
}
"""Isolation in use → the minima that it does not meet."""


def possible_intents(proposers: Sequence[Proposer]) -> frozenset[Intent]:
    """What something is set up for."""
    return ANSWERED.union(*(each.intents for each in proposers))


def check_request(request: RunRequest, proposers: Sequence[Proposer]) -> None:
    """Raises Unsupported, InvalidRequest."""
    intent = request.intent
    if intent is Intent.IMPLEMENT and not request.instructions.strip():
        raise InvalidRequest("Say in words what is to be implemented.")
    if intent not in possible_intents(proposers):
        raise Unsupported(
            f"Nothing is set up here that can {intent}: it takes a language model."
            " `tercet models` shows which are configured, and docs/models.md how to add one."
        )


def check_plan(plan: Plan | None) -> None:
    """Raises InvalidRequest if nothing could be done by it."""
    names = [step.id for step in plan.steps] if plan is not None else []
    if not 0 < len(names) <= MOST_STEPS:
        raise InvalidRequest(f"A plan has 1 to {MOST_STEPS} steps; this one has {len(names)}.")
    if len(set(names)) < len(names):
        raise InvalidRequest("Every step of a plan needs an id of its own.")


def plan_waits(run: Run, plan: Plan, approve: str) -> bool:
    """Whether the user is to approve the plan first; `approve` is the setting."""
    return run.plan_first or approve == "always" or (approve == "risky" and bool(plan.approval))


def interpreter_of(workspace: Workspace) -> Interpreter:
    """The interpreter that may run the workspace's tests. Raises NotTrusted, NoInterpreter."""
    if workspace.trust is not Trust.TRUSTED:
        raise NotTrusted(
            f"The workspace {workspace.root} is not trusted, and its tests are programs."
            " Run `tercet trust` there, or trust it in the editor, then try again."
        )
    if workspace.interpreter is None:
        raise NoInterpreter(
            f"No Python interpreter was found that could run the tests of {workspace.root}."
            " Create a virtual environment there, or set `python.interpreter` in tercet.toml."
        )
    return workspace.interpreter


def check_isolation(isolation: str, minimum: str) -> None:
    """Raises SandboxUnavailable if the workspace asks for stronger isolation than there is."""
    if minimum in STRONGER_THAN.get(isolation, ()):
        way = "Run `tercet sandbox build`" if minimum == "container" else "Install bubblewrap"
        raise SandboxUnavailable(
            f"This workspace asks for the isolation `{minimum}` (sandbox.minimum in tercet.toml), and the sandbox in use offers"
            f" `{isolation}`. {way} and restart the daemon, or lower the minimum."
        )


def asked_for(run: Run) -> tuple[str, ...]:
    """The files and folders that may be changed even if only tests use them: a fix is to be of the code, unless told."""
    if run.intent is not Intent.FIX:
        return ("",)
    return () if run.target.path is None else (run.target.path,)


def gates_of(settings: GatesSettings) -> Gates:
    """The quality gates as the proof knows them. No new finding, key or manifest is wanted, however many there were."""
    return Gates(
        coverage=GatePolicy(_on_failure(settings.coverage), settings.least_coverage),
        complexity=GatePolicy(_on_failure(settings.complexity), settings.most_complexity),
        security=GatePolicy(_on_failure(settings.security)),
        secrets=GatePolicy(_on_failure(settings.secrets)),
        dependencies=GatePolicy(_on_failure(settings.dependencies)),
    )


def _on_failure(setting: str) -> OnFailure | None:
    return None if setting == "off" else OnFailure(setting)


def proof_budget_s(remaining_s: float, regression_s: float) -> float:
    """What proving one candidate may take; `regression_s` is the setting."""
    return min(regression_s, PROOF_SHARE * remaining_s)


def search_budget_s(remaining_s: float, steps_left: int) -> float:
    """What one step's search may take so that every step after it has as much."""
    return max(SHORTEST_SEARCH_S, SEARCH_SHARE * remaining_s / max(1, steps_left))
