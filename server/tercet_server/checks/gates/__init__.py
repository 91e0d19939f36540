"""Quality gates: what is measured of a change that has passed the checks, against the thresholds of the settings."""

from tercet_server.checks.gates.before import told_of_settings
from tercet_server.checks.gates.coverage import CoverageGate
from tercet_server.checks.gates.measure import unmet
from tercet_server.checks.gates.static import static_gates

__all__ = ["CoverageGate", "static_gates", "told_of_settings", "unmet"]
