"""Holds the thresholds of line coverage: the whole, and the packages where a mistake costs users their work.

Reads the combined `.coverage` of `make test`; prints a table and the uncovered lines of what fell short.
"""

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

TOTAL_PERCENT = 85.0
PACKAGE_PERCENT = {
    "tercet_server/edits": 95.0,
    "tercet_server/runs": 95.0,
    "tercet_server/ledger": 95.0,
    "tercet_server/sandbox": 95.0,
}


def main() -> int:
    files = _measured_files()
    packages = _by_package(files)
    short = _print_table(packages)
    for package in short:
        _print_missing(package, files)
    return 1 if short else 0


def _measured_files() -> dict[str, dict[str, object]]:
    """coverage's own record of each file, by its path from the import package on."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        subprocess.run([sys.executable, "-m", "coverage", "json", "-q", "-o", str(report)], check=True)
        files = json.loads(report.read_text())["files"]
    return {path.split("/", 1)[1]: record for path, record in files.items()}


def _by_package(files: dict[str, dict[str, object]]) -> dict[str, tuple[int, int]]:
    """package → (covered, all) lines; "total" for everything."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for path, record in files.items():
        summary = record["summary"]
        for package in ("/".join(path.split("/")[:-1][:2]), "total"):
            counts[package][0] += summary["covered_lines"]  # type: ignore[index]  # JSON of coverage
            counts[package][1] += summary["num_statements"]  # type: ignore[index]  # JSON of coverage
    return {package: (covered, total) for package, (covered, total) in counts.items()}


def _print_table(packages: dict[str, tuple[int, int]]) -> list[str]:
    """Prints every package; returns those below their threshold."""
    short = []
    for package, (covered, total) in sorted(packages.items()):
        percent = 100.0 * covered / total if total else 100.0
        needed = TOTAL_PERCENT if package == "total" else PACKAGE_PERCENT.get(package)
        if needed is not None and percent < needed:
            short.append(package)
        mark = "" if needed is None else f"  (at least {needed:.0f} %{', FELL SHORT' if package in short else ''})"
        print(f"{package:36} {percent:6.1f} %  of {total:5d} lines{mark}")
    return short


def _print_missing(package: str, files: dict[str, dict[str, object]]) -> None:
    for path, record in sorted(files.items()):
        if record["missing_lines"] and (package == "total" or path.startswith(package + "/")):
            print(f"  {path}: lines {', '.join(map(str, record['missing_lines']))}")  # type: ignore[call-overload]  # JSON of coverage


if __name__ == "__main__":
    raise SystemExit(main())
