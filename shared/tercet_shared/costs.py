"""What a run cost, in words for a person: the same in every client that is written in Python. Imports nothing."""


def cost_words(cost_usd: float, unpriced_calls: int) -> str:
    """ "$0.13", "2 calls of unknown cost", both with "+" between; empty where no call cost anything."""
    known = dollars(cost_usd) if cost_usd > 0 else ""
    unknown = f"{unpriced_calls} call{'' if unpriced_calls == 1 else 's'} of unknown cost" if unpriced_calls else ""
    return " + ".join(filter(None, [known, unknown]))


def dollars(amount: float) -> str:
    """In whole cents; less than one is not nothing."""
    return "< $0.01" if 0 < amount < 0.01 else f"${amount:.2f}"
