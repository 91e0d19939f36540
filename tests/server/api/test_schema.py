"""The generated contract in docs/schema is what the code says, and says what clients need."""

import json
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
SCHEMA = REPOSITORY / "docs" / "schema"


def test_the_generated_contract_is_fresh():
    check = [sys.executable, str(REPOSITORY / "scripts" / "generate_schema.py"), "--check"]
    ended = subprocess.run(check, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_every_endpoint_wants_the_token_and_describes_its_problems():
    document = json.loads((SCHEMA / "openapi.json").read_text("utf-8"))
    assert document["security"] == [{"token": []}]
    for path, operations in document["paths"].items():
        assert path.startswith("/api/v1/")
        for operation in operations.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"], path
            assert "422" not in operation["responses"]


def test_the_models_of_every_client_are_there():
    models = json.loads((SCHEMA / "tercet.schema.json").read_text("utf-8"))["$defs"]
    assert {"Run", "Proposal", "Event", "Finding", "ChangeSet", "Workspace"} <= set(models)
