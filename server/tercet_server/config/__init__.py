"""Configuration: read once into frozen settings. Nobody else reads the environment or the configuration files."""

from tercet_server.config.layers import for_workspace, load, user_file
from tercet_server.config.settings import (
    BudgetSettings,
    DaemonSettings,
    GatesSettings,
    ModelsSettings,
    ProviderSettings,
    PythonSettings,
    RunSettings,
    SandboxSettings,
    Settings,
    TestsSettings,
)

__all__ = [
    "BudgetSettings",
    "DaemonSettings",
    "GatesSettings",
    "ModelsSettings",
    "ProviderSettings",
    "PythonSettings",
    "RunSettings",
    "SandboxSettings",
    "Settings",
    "TestsSettings",
    "for_workspace",
    "load",
    "user_file",
]
