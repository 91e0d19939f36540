"""Lays the sources of configuration over each other: defaults, the user's file, the environment, the workspace's file.

Every key is judged by itself: a bad one becomes a problem (a sentence that names file and line) and the rest still works.
"""

import difflib
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from tercet_server.config.settings import (
    NAMED_SECTIONS,
    SECTIONS,
    InWorkspace,
    Settings,
    fields,
    in_workspace,
)
from tercet_server.config.toml_file import TomlFile, read_toml

WORKSPACE_FILE = "tercet.toml"
ENVIRONMENT_PREFIX = "TERCET_"
NOT_SETTINGS = frozenset({"TERCET_HOME", "TERCET_CONFIG"})
"""Variables that say where things are; everything else that begins like a setting must be one."""


STRENGTHS = (
    ("none", "reduced", "namespaces", "container"),
    ("off", "report", "ask", "reject"),
    ("asked", "risky", "always"),
)
"""What may be demanded of a sandbox, what follows where a quality gate is not met, when a plan waits: weakest first."""

MAX_PROBLEMS = 50
"""A file that is wrong all over is not read to its end."""


def user_file(environ: Mapping[str, str]) -> Path:
    """The user's configuration file: `TERCET_CONFIG`, else `tercet/config.toml` in the system's place for configuration."""
    from platformdirs import user_config_path  # noqa: PLC0415  # only where nothing was chosen

    chosen = environ.get("TERCET_CONFIG")
    return Path(chosen).expanduser() if chosen else user_config_path("tercet", appauthor=False) / "config.toml"


def load(environ: Mapping[str, str], user_file: Path) -> tuple[Settings, list[str]]:
    """The daemon's settings: defaults, then the user's file, then `TERCET_*`. With the problems found, as sentences."""
    file = read_toml(user_file, str(user_file), follow_symlinks=True)
    layer = _Layer(Settings())
    layer.read_file(file)
    layer.read_environment(environ)
    return layer.settings, layer.problems


def for_workspace(settings: Settings, root: Path) -> tuple[Settings, list[str]]:
    """`settings` tightened by the workspace's own `tercet.toml`, which can loosen nothing; with the problems found in it."""
    file = read_toml(root / WORKSPACE_FILE, WORKSPACE_FILE, follow_symlinks=False)
    layer = _Layer(settings, of_workspace=True)
    layer.read_file(file)
    return layer.settings, layer.problems


class _Layer:
    """Settings that one source after the other is laid over, and the problems met."""

    def __init__(self, settings: Settings, *, of_workspace: bool = False) -> None:
        self.settings = settings
        self.problems: list[str] = []
        self._of_workspace = of_workspace

    def read_file(self, file: TomlFile) -> None:
        if file.problem:
            self.problems.append(file.problem)
        for section, table in file.tables.items():
            here = f"{file.name}:{file.line_of(section)}"
            if len(self.problems) >= MAX_PROBLEMS:
                return
            if section not in SECTIONS and section not in NAMED_SECTIONS:
                meant = _meant(section, {**SECTIONS, **NAMED_SECTIONS})
                self.problems.append(f"{here}: there is no section [{_short(section)}]{meant}; it is ignored.")
            elif not isinstance(table, dict):
                self.problems.append(f"{here}: {section} must be a section, written [{section}]; it is ignored.")
            elif section in NAMED_SECTIONS:
                self._read_named(file, section, table)
            else:
                self._read_table(file, section, table)

    def _read_named(self, file: TomlFile, section: str, tables: Mapping[str, Any]) -> None:
        """`[section.NAME]`: each name has settings of its own."""
        for name, table in tables.items():
            here = f"{file.name}:{file.line_of(section, name)}"
            title = f"{section}.{_short(name)}"
            if len(self.problems) >= MAX_PROBLEMS:
                return
            if self._of_workspace:
                self.problems.append(
                    f"{here}: {title} belongs in your own configuration file, not in a workspace's; it is ignored."
                )
            elif not isinstance(table, dict) or not name.isprintable() or "/" in name or not name:
                self.problems.append(f"{here}: {title} must be a section, written [{section}.NAME]; it is ignored.")
            else:
                self._read_entry(file, section, name, table)

    def _read_entry(self, file: TomlFile, section: str, name: str, table: Mapping[str, Any]) -> None:
        kind = NAMED_SECTIONS[section]
        values: BaseModel = getattr(self.settings, section).get(name) or kind()
        for key, value in table.items():
            where = f"{file.name}:{file.line_of(section, name, key)}"
            if len(self.problems) >= MAX_PROBLEMS:
                return
            if key not in kind.model_fields:
                title = f"{section}.{_short(name)}"
                meant = _meant(key, kind.model_fields, title)
                self.problems.append(f"{where}: there is no setting {title}.{_short(key)}{meant}; it is ignored.")
                continue
            wanted, problem = _judged(f"{section}.{name}.{key}", kind.model_fields[key], value, getattr(values, key))
            values = values.model_copy(update={key: wanted})
            if problem:
                self.problems.append(f"{where}: {problem}")
        named = {**getattr(self.settings, section), name: values}
        self.settings = self.settings.model_copy(update={section: named})

    def _read_table(self, file: TomlFile, section: str, table: Mapping[str, Any]) -> None:
        for key, value in table.items():
            if len(self.problems) >= MAX_PROBLEMS:
                return
            if problem := self._set(section, key, value, strict=True):
                self.problems.append(f"{file.name}:{file.line_of(section, key)}: {problem}")

    def read_environment(self, environ: Mapping[str, str]) -> None:
        known = {f"{ENVIRONMENT_PREFIX}{section}_{key}".upper(): (section, key) for section, key, _ in fields()}
        sections = tuple(f"{ENVIRONMENT_PREFIX}{section.upper()}_" for section in SECTIONS)
        for variable in sorted(environ):
            if variable in known:
                if problem := self._set(*known[variable], environ[variable], strict=False):
                    self.problems.append(f"{variable}: {problem}")
            elif variable.startswith(ENVIRONMENT_PREFIX) and variable not in NOT_SETTINGS:
                meant = _meant(variable, known, likeness=0.85)  # they all begin alike
                if meant or variable.startswith(sections):
                    self.problems.append(f"{variable}: there is no such setting{meant}; it is ignored.")

    def _set(self, section: str, key: str, value: Any, *, strict: bool) -> str | None:
        """Judges one value and lays it over the settings, or says why not."""
        name = f"{section}.{_short(key)}"
        known = SECTIONS[section].model_fields
        if key not in known:
            return f"there is no setting {name}{_meant(key, known, section)}; it is ignored."
        field, values = known[key], getattr(self.settings, section)
        if self._of_workspace and in_workspace(field) is InWorkspace.REFUSED:
            return f"{name} belongs in your own configuration file, not in a workspace's; it is ignored."
        present = getattr(values, key)
        wanted, problem = _judged(name, field, value, present, strict=strict)
        if problem:
            return problem
        if self._of_workspace:
            by_user = key in values.model_fields_set
            if objection := _objection(name, field, present, wanted, by_user):
                return objection
        changed = values.model_copy(update={key: wanted})
        self.settings = self.settings.model_copy(update={section: changed})
        return None


def _judged(name: str, field: FieldInfo, value: Any, present: Any, *, strict: bool = True) -> tuple[Any, str | None]:
    """What the setting becomes, and what is wrong with `value` if it stays as it is."""
    try:
        return _adapter(field).validate_python(value if strict else _from_text(field, value), strict=strict), None
    except ValidationError as error:
        stays = f"{_shown(present)} stays" if present not in ("", [], None) else "it is ignored"
        return present, f"{name} must be {_wanted(field, error)}, not {_shown(value)}; {stays}."


def _objection(name: str, field: FieldInfo, present: Any, wanted: Any, by_user: bool) -> str | None:
    """Why a workspace may not set this: it would loosen something, or override what the user has set."""
    rule = in_workspace(field)
    if rule is InWorkspace.SET_UNLESS_YOURS and by_user and wanted != present:
        return (
            f"{name} is {_shown(present)} in your own configuration, which a workspace does not override; that stays."
        )
    if rule is InWorkspace.LOWER and wanted > present:
        return (
            f"{name} may only be lowered by a workspace, here to at most {_shown(present)}; {_shown(wanted)} is ignored. "
            "Raise it in your own configuration file."
        )
    if rule is InWorkspace.STRENGTHEN:
        order = next(each for each in STRENGTHS if wanted in each)
        if order.index(wanted) < order.index(present):
            return f"{name} may only be strengthened by a workspace; {_shown(present)} stays."
    return None


# -- values and sentences -----------------------------------------------------------------------------------------


def _adapter(field: FieldInfo) -> TypeAdapter[Any]:
    constraint: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    return TypeAdapter(constraint)


def _from_text(field: FieldInfo, text: str) -> Any:
    if get_origin(field.annotation) is list:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _wanted(field: FieldInfo, error: ValidationError) -> str:
    """What a value must be: a validator's own words, or derived from the field's type and bounds."""
    own = next((each.get("ctx", {}).get("error") for each in error.errors() if each["type"] == "value_error"), None)
    if own is not None:
        return str(own)
    kind = field.annotation
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(_shown(each) for each in get_args(kind) if each)
    nouns: dict[Any, str] = {
        int: "a whole number",
        float: "a number",
        float | None: "a number",
        str: "a string",
        bool: "true or false",
    }
    noun = nouns.get(kind, "a list of strings")
    return noun + "".join(_bounds(field))


def _bounds(field: FieldInfo) -> Iterator[str]:
    words = {"ge": " from {}", "gt": " above {}", "le": " up to {}"}
    for bound in field.metadata:
        for attribute, phrase in words.items():
            if (limit := getattr(bound, attribute, None)) is not None:
                yield phrase.format(_shown(limit))
        if (most := getattr(bound, "max_length", None)) is not None:
            yield f" of at most {most} {'characters' if field.annotation is str else 'entries'}"


def _meant(word: str, known: Mapping[str, Any], section: str | None = None, likeness: float = 0.6) -> str:
    nearest = difflib.get_close_matches(word[:100], list(known), n=1, cutoff=likeness)
    prefix = f"{section}." if section else ""
    return f" (did you mean {prefix}{nearest[0]}?)" if nearest else ""


def _shown(value: Any) -> str:
    """A value as TOML would write it, shortened."""
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return str(int(value))
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = str(value)
    return _short(text)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
