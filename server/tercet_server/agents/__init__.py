"""The agents: planner, coder, critique. They know ports and nothing else of the daemon, and do no I/O of their own."""

from tercet_server.agents.coder import Coder
from tercet_server.agents.critique import Critique, Judgement
from tercet_server.agents.explaining import Explainer, Question
from tercet_server.agents.intent_model import IntentModel
from tercet_server.agents.model_planner import ModelPlanner, PlanningRequest
from tercet_server.agents.planner import Planned, Planner, PlanningTask
from tercet_server.agents.reviewer import Reviewer, ReviewTask
from tercet_server.agents.targeting import plan_about_target
from tercet_server.agents.wording import Named, Reading
from tercet_server.agents.wording import read as read_words

__all__ = [
    "Coder",
    "Critique",
    "Explainer",
    "IntentModel",
    "Judgement",
    "ModelPlanner",
    "Named",
    "Planned",
    "Planner",
    "PlanningRequest",
    "PlanningTask",
    "Question",
    "Reading",
    "ReviewTask",
    "Reviewer",
    "plan_about_target",
    "read_words",
]
