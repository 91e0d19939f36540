"""What a tree writes is measured, whatever else happens on its disk."""

import os
from pathlib import Path

import pytest
from tercet_server.sandbox import disk
from tercet_server.sandbox.disk import WrittenFiles

MB = 1024**2


class Disk:
    """What is in use on a file system of its own, as `statvfs` tells it."""

    def __init__(self) -> None:
        self.used_bytes = 1000 * MB

    def statvfs(self, _path: object) -> os.statvfs_result:
        used = self.used_bytes // 4096
        return os.statvfs_result((4096, 4096, 1_000_000, 1_000_000 - used, 0, 0, 0, 0, 0, 255))


@pytest.fixture
def a_disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk()
    monkeypatch.setattr(disk.os, "statvfs", made.statvfs)
    return made


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that passes, in seconds; the last one is now."""
    times = [1000.0]
    monkeypatch.setattr(disk.time, "monotonic", lambda: times[-1])
    return times


def write(folder: Path, name: str, size: int) -> None:
    (folder / name).write_bytes(b"x" * size)


def test_too_much_is_seen_at_once(tmp_path: Path, a_disk: Disk, clock: list[float]):
    written = WrittenFiles([tmp_path], 2 * MB)
    assert not written.exceeded()
    write(tmp_path, "huge", 3 * MB)
    a_disk.used_bytes += 3 * MB
    assert written.exceeded()


def test_what_others_write_is_not_the_trees(tmp_path: Path, a_disk: Disk, clock: list[float]):
    written = WrittenFiles([tmp_path], 2 * MB)
    write(tmp_path, "small", MB)
    a_disk.used_bytes += 500 * MB
    assert not written.exceeded()
    clock.append(clock[-1] + 60)
    assert not written.exceeded()


def test_what_others_removed_before_hides_nothing(tmp_path: Path, a_disk: Disk, clock: list[float]):
    written = WrittenFiles([tmp_path], 2 * MB)
    a_disk.used_bytes -= 900 * MB
    assert not written.exceeded()
    write(tmp_path, "huge", 3 * MB)
    a_disk.used_bytes += 3 * MB
    assert written.exceeded()


def test_what_others_remove_meanwhile_hides_it_for_seconds_only(tmp_path: Path, a_disk: Disk, clock: list[float]):
    written = WrittenFiles([tmp_path], 2 * MB)
    write(tmp_path, "huge", 3 * MB)
    a_disk.used_bytes -= 10 * MB
    assert not written.exceeded()
    clock.append(clock[-1] + disk.UNSUSPECTED_S)
    assert written.exceeded()


def test_a_file_that_goes_meanwhile_hides_none_of_the_others(
    tmp_path: Path, a_disk: Disk, clock: list[float], monkeypatch: pytest.MonkeyPatch
):
    class Gone:
        path = name = "gone"

        def stat(self, *, follow_symlinks: bool) -> os.stat_result:
            raise FileNotFoundError

    class Scan:
        def __enter__(self) -> "list[object]":
            with scandir(tmp_path) as entries:
                return [Gone(), *entries]

        def __exit__(self, *_: object) -> None:
            pass

    scandir = os.scandir
    written = WrittenFiles([tmp_path], 2 * MB)
    write(tmp_path, "huge", 3 * MB)
    a_disk.used_bytes += 3 * MB
    monkeypatch.setattr(disk.os, "scandir", lambda _: Scan())
    assert written.exceeded()
