"""Language models on the wire: which are configured, whether they can be asked, and what they did and cost today."""

from pydantic import AwareDatetime

from tercet_shared.wire import Wire


class ModelState(Wire):
    """One model, as of now. Counts are of today (UTC); calls under way count with what they reserved."""

    name: str
    """ "provider/model"."""
    endpoint: str
    problem: str = ""
    """Why it cannot be asked, and what to do; empty if it can be."""
    calls: int = 0
    answered: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    first_token_s_median: float | None = None
    duration_s_median: float | None = None
    duration_s_p95: float | None = None


class ModelsReport(Wire):
    """The configured models in the order in which they are asked, then those that were used today and are configured no more."""

    models: list[ModelState]
    since: AwareDatetime
    spent_usd: float
    day_usd: float
    """The cap on a day's spending, from the setting `budget.day_usd`."""
