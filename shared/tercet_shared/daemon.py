"""The daemon about itself on the wire: health and the doctor's report."""

from enum import StrEnum

from tercet_shared.wire import Wire


class Health(Wire):
    version: str
    pid: int
    uptime_s: float
    active_runs: int
    clients: int
    idle: bool
    """Nothing is running and no client is connected: a newer client may restart it."""


class ShutdownRequest(Wire):
    if_idle: bool = False
    """Refuse (`conflict`) while runs are active or clients are connected."""


class Grade(StrEnum):
    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"


class Diagnosis(Wire):
    """One line of the doctor's report: what was looked for, what was found, how to get what is missing."""

    topic: str
    grade: Grade
    found: str
    advice: str = ""


class DoctorReport(Wire):
    version: str
    diagnoses: list[Diagnosis]
