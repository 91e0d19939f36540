"""What models are told: text files with places to fill, and project text fenced off as data. Asks no model."""

from tercet_server.prompts.confidential import is_confidential
from tercet_server.prompts.fencing import fenced, fenced_file
from tercet_server.prompts.rendering import render
from tercet_server.prompts.roles import role_text
from tercet_server.prompts.rules import project_rules

__all__ = ["fenced", "fenced_file", "is_confidential", "project_rules", "render", "role_text"]
