"""Writes the table of settings in docs/configuration.md from the settings themselves; `--check` only compares."""

import sys
from pathlib import Path

from tercet_server.config.settings import SECTIONS, fields, in_workspace

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
    if value in ("", []):
        return "none"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"`{value}`"


if __name__ == "__main__":
    raise SystemExit(main())
