"""Writes the generated contract: `docs/schema/openapi.json`, one JSON Schema of every model of `tercet_shared`, and the
names of the language server's commands and options for editors' extensions.

`--check` writes nothing and fails if what is there is stale.
"""

import importlib
import json
import pkgutil
import sys
from pathlib import Path
from typing import Any

import tercet_shared
from pydantic.json_schema import models_json_schema
from tercet_lsp.convert.arguments import Command
from tercet_lsp.settings import OPTIONS
from tercet_server.api import Access, DaemonState, Services, build_api
from tercet_shared.discovery import installed_version
from tercet_shared.wire import Wire

FOLDER = Path(__file__).parents[1] / "docs" / "schema"


def main(arguments: list[str]) -> int:
    stale = [path for path, text in documents().items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path} is stale; run `make schema`", file=sys.stderr)
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in documents().items():
        path.write_text(text, "utf-8")
    return 0


def documents() -> dict[Path, str]:
    """What should be there: file → text."""
    return {
        FOLDER / "openapi.json": _text(_openapi()),
        FOLDER / "tercet.schema.json": _text(_models()),
        FOLDER / "editor.json": _text({"commands": [each.value for each in Command], "options": list(OPTIONS)}),
    }


def _openapi() -> dict[str, Any]:
    async def never() -> Services:
        raise RuntimeError("the description needs no services")

    return build_api(DaemonState(installed_version(), never), Access.over_socket("")).openapi()


def _models() -> dict[str, Any]:
    for module in pkgutil.iter_modules(tercet_shared.__path__, "tercet_shared."):
        importlib.import_module(module.name)
    wire_models = sorted(_subclasses(Wire), key=lambda model: model.__name__)
    shared = [model for model in wire_models if model.__module__.startswith("tercet_shared.")]
    _, schema = models_json_schema([(model, "validation") for model in shared], title="Tercet")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _subclasses(root: type[Wire]) -> list[type[Wire]]:
    return [leaf for child in root.__subclasses__() for leaf in (child, *_subclasses(child))]


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
