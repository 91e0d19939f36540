"""Writes the table of settings in docs/configuration.md from the settings themselves; `--check` only compares."""

import sys
from pathlib import Path

from tercet_server.config.settings import NAMED_SECTIONS, SECTIONS, fields, in_workspace

PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"
START = "<!-- settings: written by scripts/generate_configuration_page.py -->"
END = "<!-- end of settings -->"


def settings_tables() -> str:
    parts = []
    for section, model in SECTIONS.items():
        parts.append(f"### `[{section}]`\n\n{model.__doc__}\n")
        parts.append("| setting | default | meaning | in a workspace's `tercet.toml` |\n|---|---|---|---|")
        for name, key, field in fields():
            if name == section:
                parts.append(
                    f"| `{section}.{key}` | {_default(field.default)} | {field.description} | {in_workspace(field).value} |"
                )
        parts.append("")
    for section, model in NAMED_SECTIONS.items():
        parts.append(f"### `[{section}.NAME]`\n\n{model.__doc__}\n")
        parts.append("In your own file alone; neither the environment nor a workspace has a say.\n")
        parts.append("| setting | default | meaning |\n|---|---|---|")
        for key, field in model.model_fields.items():
            parts.append(f"| `{section}.NAME.{key}` | {_default(field.default)} | {field.description} |")
        parts.append("")
    return "\n".join(parts)


def page_with(tables: str, page: str) -> str:
    before, rest = page.split(START)
    _, after = rest.split(END)
    return f"{before}{START}\n\n{tables}\n{END}{after}"


def main() -> int:
    page = PAGE.read_text("utf-8")
    fresh = page_with(settings_tables(), page)
    if "--check" in sys.argv:
        return int(fresh != page)
    PAGE.write_text(fresh, "utf-8")
    return 0


def _default(value: object) -> str:
    if value in ("", [], None):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"`{value}`"


if __name__ == "__main__":
    raise SystemExit(main())
