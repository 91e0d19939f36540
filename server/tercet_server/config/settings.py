"""The settings: every key with its type, bounds, default, meaning, and what a workspace's own file may do with it.

The documentation is generated from here. Nothing is read here; see `layers`.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

EPHEMERAL_PORTS = range(32768, 61000)
"""A client that retries on a free port of these may connect to itself, so the daemon never listens on one."""


class InWorkspace(StrEnum):
    """What a workspace's `tercet.toml`, which whoever wrote the project controls, may do with a setting."""

    LOWER = "may only be lowered"
    STRENGTHEN = "may only be strengthened"
    SET = "may be set"
    SET_UNLESS_YOURS = "may be set where you have not set it"
    REFUSED = "has no effect"


def _setting(default: Any, description: str, in_workspace: InWorkspace, **bounds: Any) -> Any:
    return Field(
        default=default,
        description=description,
        json_schema_extra={"in_workspace": in_workspace.value},
        **bounds,
    )


def _listenable(port: int) -> int:
    if port in EPHEMERAL_PORTS or 0 < port < 1024:
        raise ValueError("0 or a port from 1024 to 32767 or from 61000 to 65535")
    return port


def _test_target(target: str) -> str:
    path = PurePosixPath(target.partition("::")[0])
    inside = not path.is_absolute() and ".." not in path.parts and "\\" not in target and "\x00" not in target
    if not target or target.startswith("-") or not inside:
        raise ValueError("a list of test files, folders or node ids, relative to the workspace")
    return target


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DaemonSettings(_Section):
    """The background process that serves all editors of a user."""

    idle_exit_s: float = _setting(
        1800.0,
        "Seconds without runs and connected clients after which the daemon exits.",
        InWorkspace.REFUSED,
        ge=1,
        le=31_536_000,
    )
    listen: Literal["unix", "tcp"] = _setting(
        "unix",
        "Where the daemon listens: a Unix socket, or a TCP port of the loopback interface. Systems without Unix sockets "
        "always use TCP.",
        InWorkspace.REFUSED,
    )
    port: Annotated[int, AfterValidator(_listenable)] = _setting(
        0,
        "The TCP port, outside the ephemeral range 32768-60999; 0 chooses a free one.",
        InWorkspace.REFUSED,
        ge=0,
        le=65_535,
    )
    log_level: Literal["debug", "info", "warning", "error"] = _setting(
        "info", "The least severity that is written to `daemon.log`.", InWorkspace.REFUSED
    )


class RunSettings(_Section):
    """Limits of the work on one request."""

    deadline_s: float = _setting(
        600.0, "Seconds a whole run may take, unless the request says otherwise.", InWorkspace.LOWER, gt=0, le=86_400
    )
    per_test_s: float = _setting(
        10.0,
        "Seconds a single test may take before it is killed and counts as failed.",
        InWorkspace.LOWER,
        gt=0,
        le=3600,
    )
    regression_s: float = _setting(
        30.0,
        "Seconds the proof spends on tests that passed before; those left over are listed as not run.",
        InWorkspace.LOWER,
        ge=0,
        le=3600,
    )
    concurrency: int = _setting(2, "Runs that work at the same time; others wait.", InWorkspace.REFUSED, ge=1, le=64)
    approve: Literal["asked", "risky", "always"] = _setting(
        "risky",
        "When a run waits with its plan until you approve it: where you ask for that, where the plan is risky too, or always.",
        InWorkspace.STRENGTHEN,
    )
    workers: int = _setting(
        2,
        "Warm test processes with which one run searches; each proof has two of its own.",
        InWorkspace.LOWER,
        ge=1,
        le=64,
    )

    proposers: list[Literal["rules", "repair", "characterise", "documentation", "model"]] = _setting(
        ["rules", "repair", "characterise", "documentation", "model"],
        "Where candidates may come from: the linter's fixes, the search over small mutations, tests of what code does when it is "
        "run, skeletons of docstrings, a language model (if one is configured).",
        InWorkspace.REFUSED,
    )


class SandboxSettings(_Section):
    """What project code runs in."""

    minimum: Literal["container", "namespaces", "reduced", "none"] = _setting(
        "reduced",
        "The weakest isolation in which project code may run: `container` (Docker), `namespaces` (bubblewrap), `reduced` "
        "(Landlock, seccomp and limits), or `none` (limits of the system alone; every evidence then says so).",
        InWorkspace.STRENGTHEN,
    )
    backend: Literal["auto", "docker", "bubblewrap", "process"] = _setting(
        "auto",
        "What project code runs in: the strongest that works here (Docker only where `tercet sandbox build` has made an "
        "image), or always the named one.",
        InWorkspace.REFUSED,
    )
    docker_host: str = _setting(
        "unix:///var/run/docker.sock", "The socket of the Docker engine, as `unix://PATH`.", InWorkspace.REFUSED
    )
    memory_mb: int = _setting(
        2048, "Megabytes of memory that one sandbox may use.", InWorkspace.REFUSED, ge=64, le=1_048_576
    )
    disk_mb: int = _setting(
        2048, "Megabytes that one sandbox may write to the disk.", InWorkspace.REFUSED, ge=16, le=1_048_576
    )
    processes: int = _setting(128, "Processes that one sandbox may hold.", InWorkspace.REFUSED, ge=8, le=65_536)


class TestsSettings(_Section):
    """Which tests judge a change."""

    __test__ = False

    targets: list[Annotated[str, AfterValidator(_test_target)]] = _setting(
        [],
        "Test files, folders or node ids, relative to the workspace, that a run without a target runs; none: whatever "
        "pytest finds. A proof runs whatever pytest finds, as far as its time goes.",
        InWorkspace.SET,
        max_length=1000,
    )


OnFailure = Literal["off", "report", "ask", "reject"]


class GatesSettings(_Section):
    """Quality gates: what is measured of a change that has passed every check, and what follows where a gate is not met.

    `off`: it is not measured. `report`: it stands in the evidence and decides nothing. `ask`: the change is offered as unverified.
    `reject`: the change is turned down.
    """

    coverage: OnFailure = _setting(
        "report",
        "Where tests that pass run too few of the changed lines (statements in functions, Python).",
        InWorkspace.SET_UNLESS_YOURS,
    )
    least_coverage: float = _setting(
        80.0, "Percent of the changed lines that tests must run.", InWorkspace.SET_UNLESS_YOURS, ge=0, le=100
    )
    complexity: OnFailure = _setting(
        "report",
        "Where a function that the change makes more complex, or brings, is too complex (ruff's C901, Python).",
        InWorkspace.SET_UNLESS_YOURS,
    )
    most_complexity: int = _setting(
        10,
        "How complex such a function may be: its decision points and one (McCabe).",
        InWorkspace.SET_UNLESS_YOURS,
        ge=1,
        le=1000,
    )
    security: OnFailure = _setting(
        "report", "Where ruff's security rules (S) find something new (Python).", InWorkspace.SET_UNLESS_YOURS
    )
    secrets: OnFailure = _setting(
        "reject",
        "Where an added line holds a private key or an access key of a well-known form that the code did not hold before.",
        InWorkspace.STRENGTHEN,
    )
    dependencies: OnFailure = _setting(
        "report",
        "Where the change touches a file that says what is installed (`pyproject.toml`, `package.json`, lock files ...): what it "
        "brings in is not audited.",
        InWorkspace.STRENGTHEN,
    )


class PythonSettings(_Section):
    """The interpreter that runs the workspace's tests."""

    interpreter: str = _setting(
        "",
        "Path of the Python interpreter, absolute or relative to the workspace; empty: the workspace's own environment is looked "
        "for. It is run only once the workspace is trusted.",
        InWorkspace.SET,
        max_length=4096,
    )


def _model_name(name: str) -> str:
    provider, _, model = name.partition("/")
    if not provider or not model or any(not each.isprintable() or each.isspace() for each in name):
        raise ValueError('a list of models, each written "provider/model"')
    return name


ModelName = Annotated[str, AfterValidator(_model_name)]


class ModelsSettings(_Section):
    """Which language models are asked, and how patiently. Without one, Tercet works by rules and by search."""

    allowed: bool = _setting(
        True,
        "Whether models may be asked at all: nothing of a workspace that says no is sent to one.",
        InWorkspace.LOWER,
    )
    coder: list[ModelName] = _setting(
        [],
        'Models that write edits, each `"provider/model"`, the first one that answers is taken; none: no model is asked.',
        InWorkspace.REFUSED,
        max_length=20,
    )
    planner: list[ModelName] = _setting(
        [], "Models that plan; none: those of `models.coder`.", InWorkspace.REFUSED, max_length=20
    )
    critique: list[ModelName] = _setting(
        [], "Models that review; none: those of `models.coder`.", InWorkspace.REFUSED, max_length=20
    )
    prefer: bool = _setting(
        False, "Whether a model is asked for a repair before one is searched for.", InWorkspace.REFUSED
    )
    rounds: int = _setting(
        3,
        "How often the models of a list are tried, one after the other, before giving up.",
        InWorkspace.REFUSED,
        ge=1,
        le=10,
    )
    stall_s: float = _setting(
        45.0,
        "Seconds without a sign of life from a model after which the next one is tried.",
        InWorkspace.REFUSED,
        gt=0,
        le=3600,
    )
    rest_s: float = _setting(
        30.0,
        "Seconds that a model is left alone after it failed three times in a row.",
        InWorkspace.REFUSED,
        ge=0,
        le=86_400,
    )
    most_output_tokens: int = _setting(8192, "Tokens that one answer may have.", InWorkspace.LOWER, ge=64, le=1_000_000)
    context_tokens: int = _setting(
        24_000,
        "Tokens of source code and test reports that one request may carry.",
        InWorkspace.LOWER,
        ge=500,
        le=2_000_000,
    )


class BudgetSettings(_Section):
    """What language models may cost. A call that could pass a cap is not made."""

    run_usd: float = _setting(1.0, "US dollars that one run may cost.", InWorkspace.LOWER, ge=0, le=1_000_000)
    day_usd: float = _setting(
        10.0, "US dollars a day (UTC), all workspaces and clients together.", InWorkspace.LOWER, ge=0, le=1_000_000
    )
    workspace_day_usd: float = _setting(
        10.0, "US dollars a day (UTC) for one workspace.", InWorkspace.LOWER, ge=0, le=1_000_000
    )
    run_tokens: int = _setting(
        500_000, "Tokens, read and written, that one run may use.", InWorkspace.LOWER, ge=0, le=1_000_000_000
    )


class ProviderSettings(_Section):
    """One vendor or server of language models: `[providers.NAME]`, its models are then called `NAME/model`."""

    kind: Literal[
        "",
        "openai",
        "anthropic",
        "google",
        "azure",
        "bedrock",
        "mistral",
        "deepseek",
        "openrouter",
        "ollama",
        "llamacpp",
        "vllm",
        "openai_compatible",
    ] = _setting("", "Which API it speaks; empty: that of the section's own name.", InWorkspace.REFUSED)
    endpoint: str = _setting(
        "",
        "Where it is: the URL below which its API is found; empty: the vendor's own.",
        InWorkspace.REFUSED,
        max_length=2048,
    )
    key_env: str = _setting(
        "",
        "The environment variable that holds its key; empty: the vendor's usual one, such as `OPENAI_API_KEY`.",
        InWorkspace.REFUSED,
        max_length=256,
    )
    key_keyring: str = _setting(
        "", "Where the system's key store has its key: `service/user`.", InWorkspace.REFUSED, max_length=512
    )
    key_command: list[str] = _setting(
        [],
        "A command (a list of arguments) that prints its key; for Bedrock also AWS's keys as JSON.",
        InWorkspace.REFUSED,
        max_length=64,
    )
    api_version: str = _setting("", "The version of the API, which Azure asks for.", InWorkspace.REFUSED, max_length=64)
    region: str = _setting(
        "", "The region of AWS, such as `eu-central-1`, which Bedrock asks for.", InWorkspace.REFUSED, max_length=64
    )
    input_usd: float | None = _setting(
        None, "US dollars for a million tokens read; none: the list price, if there is one.", InWorkspace.REFUSED, ge=0
    )
    output_usd: float | None = _setting(
        None,
        "US dollars for a million tokens written; none: the list price, if there is one.",
        InWorkspace.REFUSED,
        ge=0,
    )


class Settings(_Section):
    """All settings of one daemon, or of one workspace after its own file."""

    daemon: DaemonSettings = DaemonSettings()
    run: RunSettings = RunSettings()
    sandbox: SandboxSettings = SandboxSettings()
    tests: TestsSettings = TestsSettings()
    gates: GatesSettings = GatesSettings()
    python: PythonSettings = PythonSettings()
    models: ModelsSettings = ModelsSettings()
    budget: BudgetSettings = BudgetSettings()
    providers: Mapping[str, ProviderSettings] = {}


SECTIONS: dict[str, type[_Section]] = {
    "daemon": DaemonSettings,
    "run": RunSettings,
    "sandbox": SandboxSettings,
    "tests": TestsSettings,
    "gates": GatesSettings,
    "python": PythonSettings,
    "models": ModelsSettings,
    "budget": BudgetSettings,
}

NAMED_SECTIONS: dict[str, type[_Section]] = {"providers": ProviderSettings}
"""Sections with a table for each name, `[providers.NAME]`: in the user's own file alone."""


def fields() -> Iterator[tuple[str, str, FieldInfo]]:
    """Every setting as (section, key, field), in the documentation's order."""
    for section, model in SECTIONS.items():
        for key, field in model.model_fields.items():
            yield section, key, field


def in_workspace(field: FieldInfo) -> InWorkspace:
    """What a workspace's own file may do with this setting."""
    extra = field.json_schema_extra
    return InWorkspace(str(extra["in_workspace"])) if isinstance(extra, dict) else InWorkspace.REFUSED
