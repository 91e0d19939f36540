"""What a file of a workspace is for, by its name alone: what is installed, what builds and checks, settings, who may do what."""

import re
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

MANIFESTS = (
    "pyproject.toml", "setup.py", "setup.cfg", "requirements*.txt", "constraints*.txt", "Pipfile", "Pipfile.lock",
    "poetry.lock", "uv.lock", "pdm.lock", "pylock*.toml", "environment.yml", "package.json", "package-lock.json",
    "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "go.mod", "go.sum", "Cargo.toml", "Cargo.lock", "Gemfile",
    "Gemfile.lock", "*.gemspec", "composer.json", "composer.lock", "pom.xml", "build.gradle", "build.gradle.kts",
    "gradle.lockfile", "libs.versions.toml", "*.csproj", "packages.lock.json", "mix.exs", "mix.lock", "Package.swift",
    "Package.resolved",
)  # fmt: skip
"""Files that say what is installed."""

_BUILDING = (
    "Dockerfile*", "docker-compose*.y*ml", "compose.y*ml", "Makefile", "GNUmakefile", "CMakeLists.txt", "Jenkinsfile*",
    ".gitlab-ci.yml", ".travis.yml", "azure-pipelines*.yml", "bitbucket-pipelines.yml", "appveyor.yml", "tox.ini",
    "noxfile.py", ".pre-commit-config.yaml", "justfile", "Procfile", "BUILD", "BUILD.bazel", "meson.build", "build.rs",
    "settings.gradle*", ".npmrc", "tsconfig*.json", "CODEOWNERS", ".gitattributes", "deploy*.sh",
)  # fmt: skip
_BUILDING_FOLDERS = frozenset(
    {".github", ".gitlab", ".circleci", ".buildkite", ".husky", ".devcontainer", ".vscode", ".idea", ".claude"}
)
_SETTINGS = frozenset({".toml", ".ini", ".cfg", ".conf", ".yaml", ".yml", ".properties", ".tf", ".hcl"})
_SECURITY = frozenset({
    "auth", "authentication", "authenticator", "authorisation", "authorization", "oauth", "login", "logout", "jwt",
    "password", "passwords", "permission", "permissions", "acl", "rbac", "csrf", "crypto", "cryptography", "security",
})  # fmt: skip
_PROSE = frozenset({".md", ".rst", ".txt", ".adoc"})
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


class Purpose(StrEnum):
    """What a change of the file touches beyond its lines."""

    DEPENDENCIES = "what is installed"
    BUILDING = "how the project is built, checked or deployed"
    SETTINGS = "the configuration"
    SECURITY = "who may do what"


def purpose_of(path: str) -> Purpose | None:
    """The first that fits; None for any other file. `path` is relative, with forward slashes."""
    pure = PurePosixPath(path)
    if is_manifest(path):
        return Purpose.DEPENDENCIES
    if _BUILDING_FOLDERS.intersection(pure.parts[:-1]) or _is_one_of(pure.name, _BUILDING):
        return Purpose.BUILDING
    if pure.suffix in _SETTINGS or pure.stem.casefold() == "settings":
        return Purpose.SETTINGS
    if pure.suffix in _PROSE:
        return None
    words = {word.lower() for part in pure.parts for word in _WORD.findall(part)}
    return Purpose.SECURITY if words & _SECURITY else None


def is_manifest(path: str) -> bool:
    """Whether a file, by its name, says what is installed for a project."""
    return _is_one_of(path.rpartition("/")[2], MANIFESTS)


def _is_one_of(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name.casefold(), each.casefold()) for each in patterns)
