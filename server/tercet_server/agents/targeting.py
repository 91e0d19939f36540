"""The plan of a request that starts from what it is about, rather than from what fails. Pure."""

from tercet_shared.runs import Intent, Plan, PlanStep, Run, Target

TITLE_LENGTH = 120

_AIM = {
    Intent.IMPLEMENT: "implement what was asked for",
    Intent.TEST: "write tests of",
    Intent.DOCUMENT: "document",
    Intent.REFACTOR: "make simpler",
    Intent.OPTIMISE: "make faster",
    Intent.SECURE: "make more secure",
}


def plan_about_target(run: Run) -> Plan:
    """One step: the whole of the request, at its target."""
    title = _title(run)
    files = [run.target.path] if run.target.path is not None else []
    step = PlanStep(id="s1", title=title, files=files, range=run.target.range)
    return Plan(summary=f"{title[:1].upper()}{title[1:]}.", steps=[step])


def _title(run: Run) -> str:
    wish = next((line.strip() for line in run.instructions.splitlines() if line.strip()), "")
    if run.intent is Intent.IMPLEMENT and wish:
        return _shortened(wish)
    aim = f"{_AIM.get(run.intent, run.intent.value)} {_place(run.target)}".strip()
    return _shortened(f"{aim}: {wish}" if wish else aim)


def _place(target: Target) -> str:
    if target.symbol:
        return f"{target.symbol} in {target.path}" if target.path else target.symbol
    if target.path and target.range:
        return f"{target.path}:{target.range.start.line + 1}"
    return target.path or "the workspace"


def _shortened(text: str) -> str:
    text = text.rstrip(".")
    return text if len(text) <= TITLE_LENGTH else f"{text[: TITLE_LENGTH - 3]}..."
