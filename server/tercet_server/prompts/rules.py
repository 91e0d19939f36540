"""The project's own rules for whoever changes its code, as fenced data: how it is written, never what is allowed."""

from tercet_shared.errors import NotFound, TooLarge, Unsupported

from tercet_server.ports import PrivateCopy
from tercet_server.prompts.fencing import fenced_file

RULE_FILES = ("AGENTS.md", "CONTRIBUTING.md", "tercet.toml")
BYTES_PER_TOKEN = 3


async def project_rules(copy: PrivateCopy, most_tokens: int) -> str:
    """The beginnings of those files that there are, in at most about `most_tokens`; empty if there is none."""
    texts = {}
    for path in RULE_FILES:
        try:
            texts[path] = await copy.read_text(path)
        except (NotFound, TooLarge, Unsupported):
            continue
    most = most_tokens * BYTES_PER_TOKEN // max(1, len(texts))
    parts = [fenced_file(path, text[:most].strip(), holds="the project's rules") for path, text in texts.items()]
    return "\n\n".join(parts)
