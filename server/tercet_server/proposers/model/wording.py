"""The few words about a model's answer that are ours: a title for its change, a refusal of forms that are mixed. Pure."""

from tercet_shared.edits import ChangeSet

TITLE_LIMIT = 100

FORMS_MIXED = (
    "Your answer holds edits in its text and edits by the tool. Which belong together cannot be told, so none was made."
    " Send all of them in one form."
)


def title_of(reply: str, change: ChangeSet) -> str:
    """The model's first sentence, if it wrote one before its edits."""
    first = next((line.strip() for line in reply.splitlines() if line.strip()), "")
    files = ", ".join(change.paths)
    if not first or first in change.paths or first.startswith(("<", "-", "*", "`", "{")):
        return f"edit {files}"
    return first if len(first) <= TITLE_LIMIT else f"{first[: TITLE_LIMIT - 3]}..."
