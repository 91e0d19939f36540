"""The options and arguments that several commands have, as typer reads them. No behaviour."""

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.")]
InWorkspace = Annotated[
    Path | None,
    typer.Option("--workspace", metavar="FOLDER", help="The workspace's root, if it is not the nearest project."),
]
Trusting = Annotated[bool, typer.Option("--trust", "--yes", "-y", help="Trust the workspace: its tests may run.")]
RunName = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, the beginning of one, or `last`.")]
Words = Annotated[str, typer.Argument(metavar="WORDS", help="What it shall heed, in your own words.")]
ApplyAtOnce = Annotated[bool, typer.Option("--apply", help="Apply the proposal at once.")]
PlanFirst = Annotated[bool, typer.Option("--plan", help="Show the plan and wait until it is approved.")]
Hook = Annotated[str, typer.Argument(metavar="[HOOK]", help="pre-commit or pre-push.")]
Deadline = Annotated[
    float | None, typer.Option("--deadline", metavar="SECONDS", min=1.0, help="How long the run may take.")
]
