"""The images that commands run in: which there are, which one suits, and how they are built. Runs no project code."""

import io
import os
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from tercet_shared.errors import SandboxFailed, SandboxUnavailable

from tercet_server.sandbox.docker.engine import Engine
from tercet_server.sandbox.environment import SYSTEM_FOLDERS

REPOSITORY = "tercet-sandbox"
HOST = f"{REPOSITORY}:host"
"""Holds nothing but mount points: this machine's own system folders are shown in it, read-only."""
RUNTIMES = ("python", "node", "go", "rust", "java")
"""The targets of the Dockerfile."""
EMPTY_FOLDERS = ("dev", "etc", "proc", "run", "sys", "tmp", "usr", "var")
LOG_CHARACTERS = 2000


def image_of(runtime: str) -> str:
    return f"{REPOSITORY}:{runtime}"


@dataclass(frozen=True)
class Images:
    engine: Engine

    def chosen(self, runtime: str) -> str:
        """The image for a runtime: its own if it has been built, else this machine's. Raises SandboxUnavailable. Blocking."""
        for image in (image_of(runtime), HOST):
            if self.engine.has_image(image):
                return image
        if runtime not in RUNTIMES:
            raise SandboxUnavailable("There is no image with this machine's own programs. Run `tercet sandbox build`.")
        raise SandboxUnavailable(
            f"There is no image to run {runtime} in. Run `tercet sandbox build {runtime}`; or `tercet sandbox build`, for one "
            "with this machine's own programs."
        )

    def built(self) -> list[str]:
        """The runtimes that have an image; `host` among them. Blocking."""
        return [name for name in ("host", *RUNTIMES) if self.engine.has_image(image_of(name))]

    def choices(self) -> str:
        """Which image each runtime runs in, in sentences. Blocking."""
        built = self.built()
        own = [each for each in RUNTIMES if each in built]
        missing = [each for each in RUNTIMES if each not in built]
        said = f"Images: {', '.join(f'{image_of(each)} for {each}' for each in own)}. " if own else ""
        if "host" in built:
            return f"{said}{HOST} (this machine's own programs) for all {'else' if own else 'runtimes'}."
        hint = f" or `tercet sandbox build {' '.join(missing)}`" if missing else ""
        return f"{said}None for {', '.join([*missing, 'all else'])}: `tercet sandbox build`{hint}."

    def build(self, runtime: str, say: Callable[[str], None]) -> str:
        """Builds an image and returns its name; `say` gets what the engine prints. Raises SandboxFailed. Blocking."""
        if runtime == "host":
            self.engine.api.import_image_from_data(_host_archive(), repository=REPOSITORY, tag="host")
        elif runtime in RUNTIMES:
            self._built(runtime, say)
        else:
            raise SandboxFailed(f"There is no image for {runtime!r}; there are: host, {', '.join(RUNTIMES)}.")
        return image_of(runtime)

    def _built(self, runtime: str, say: Callable[[str], None]) -> None:
        dockerfile = files("tercet_server.sandbox.docker").joinpath("Dockerfile").read_bytes()
        said = ""
        for line in self.engine.api.build(
            fileobj=io.BytesIO(dockerfile), target=runtime, tag=image_of(runtime), rm=True, forcerm=True, decode=True
        ):
            if "error" in line:
                raise SandboxFailed(
                    f"The image for {runtime} was not built: {line['error'].strip()} {said[-LOG_CHARACTERS:]}"
                )
            if line.get("stream", "").strip():
                said += line["stream"]
                say(line["stream"].rstrip())


def _host_archive() -> bytes:
    """Empty folders to mount in, and the links that stand in the host's root (bin → usr/bin)."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name in EMPTY_FOLDERS:
            archive.addfile(_entry(name, tarfile.DIRTYPE, 0o755))
        for folder in map(Path, SYSTEM_FOLDERS):
            if folder.is_symlink() and folder.parent == Path("/"):
                link = _entry(folder.name, tarfile.SYMTYPE, 0o777)
                link.linkname = os.readlink(folder)
                archive.addfile(link)
    return data.getvalue()


def _entry(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = kind, mode
    return entry
