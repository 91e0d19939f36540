"""The runners of JavaScript and TypeScript: `node --test`, and jest, vitest and mocha where node_modules has them.

A JavaScript test has no name before it runs, so listing tests runs them. Every test file is a command of its own.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from secrets import token_hex

from tercet_server.checks.outputs import TestOutcome, Within
from tercet_server.checks.outputs.linters import document, table
from tercet_server.checks.outputs.outcomes import first_line, jest, mocha, mocha_hooks, node
from tercet_server.checks.suites import programs
from tercet_server.checks.suites.frames import of_javascript
from tercet_server.checks.suites.suite import Batch, Purpose, Ran, Reading, broken, file_of, node_id, under
from tercet_server.ports import Outcome, TestResult

DRIVERS = Path(__file__).parent / "drivers"
SUFFIXES = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")
_TYPESCRIPT = (".ts", ".mts", ".cts", ".tsx")
_TEST_NAME = re.compile(r"(?:^test|^test[-_].+|.+[.\-_](?:test|spec))\.[cm]?[jt]sx?$")
_RUNNERS = ("vitest", "jest", "mocha")


def is_test_file(path: str) -> bool:
    """By the names that `node --test`, jest, vitest and mocha share."""
    name = PurePosixPath(path).name
    return name.endswith(SUFFIXES) and (_TEST_NAME.match(name) is not None or "/__tests__/" in f"/{path}")


@dataclass(frozen=True)
class NodeSuite:
    """`runner` is "node", or the program in node_modules/.bin that runs the tests; `loader` a module that reads TypeScript."""

    runner: str
    program: str
    readable: Sequence[Path]
    tests_of: tuple[str, ...]
    loader: str = ""
    runtime: str = "node"
    cold_s: float = 20.0
    parallel: int = 2
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def tool(self) -> str:
        return "node --test" if self.runner == "node" else self.runner

    def covers(self, path: str) -> bool:
        file = file_of(path)
        return file.endswith(SUFFIXES) or "." not in PurePosixPath(file).name

    def files(self, targets: Sequence[str]) -> list[str]:
        named = [file_of(each) for each in targets if file_of(each).endswith(SUFFIXES)]
        return list(dict.fromkeys([*(each for each in self.tests_of if each in under(self.tests_of, targets)), *named]))

    def batches(self, tests: Sequence[str], purpose: Purpose) -> list[Batch]:
        asked: dict[str, list[str]] = {}
        for test in tests:
            asked.setdefault(file_of(test), []).append(test)
        return [self._batch(file, of_file, purpose) for file, of_file in asked.items()]

    def _batch(self, file: str, tests: Sequence[str], purpose: Purpose) -> Batch:
        report = f".tercet-{token_hex(8)}.json"
        named = () if file in tests else tuple(tests)
        command, shown = self._command(file, report)
        watched = f"{report}.watch" if self.runner == "node" else ""
        return Batch(purpose, command, shown, (file,), named, report=report, watched=watched)

    def _command(self, file: str, report: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if self.runner == "node":
            loader = ("--import", self.loader) if self.loader else ()
            drivers = ("--import", str(DRIVERS / "watch.mjs"), f"--test-reporter={DRIVERS / 'reporter.mjs'}")
            command = (self.program, *drivers, f"--test-reporter-destination={report}", *loader, file)
            return command, (self.program, *loader, "--test", file)
        entry = f"node_modules/.bin/{self.runner}"
        arguments = {
            "vitest": ("run", "--reporter=json", f"--outputFile={report}", file),
            "jest": ("--json", f"--outputFile={report}", "--ci", "--runTestsByPath", file),
            "mocha": ("--reporter", "json", "--reporter-option", f"output={report}", file),
        }[self.runner]
        return (self.program, entry, *arguments), (
            "npx",
            self.runner,
            *(["run"] if self.runner == "vitest" else []),
            file,
        )

    def watching(self, batch: Batch, root: str) -> Mapping[str, str]:
        """The environment in which a batch tells of each test that it begins and, if traced, which lines it executes."""
        if not batch.watched:
            return {}
        traced = {"TERCET_TRACE": "1"} if batch.purpose is Purpose.TRACE else {}
        return {"TERCET_WATCH": f"{root}/{batch.watched}", "TERCET_ROOT": root, **traced}

    def read(self, batch: Batch, ran: Ran) -> Reading:
        within, file = Within(ran.root), batch.files[0]
        tests, unloaded = _PARSERS[self.runner](ran.report)
        lines = _lines_of_tests(ran.watched, within)
        results = [_result(each, file, within, lines) for each in tests]
        said = ran.result.stderr.decode("utf-8", "replace").strip()
        if not tests and ran.result.exit_code and not unloaded:
            unloaded = {file: said}
        bad = [broken(file, _reason(report), report) for report in unloaded.values()]
        bad = [replace(each, frames=of_javascript(each.report, within)) for each in bad]
        began = [node_id(file, str(event["began"])) for event in _events(ran.watched) if event.get("began")]
        executed = {path for covered in lines.values() for path in covered}
        return Reading(results, bad, [each.test for each in results], began, sorted(executed))


def _result(
    test: TestOutcome, file: str, within: Within, lines: Mapping[str, Mapping[str, tuple[int, ...]]]
) -> TestResult:
    failed = test.outcome is Outcome.FAILED
    return TestResult(
        test=node_id(file, test.name),
        outcome=test.outcome,
        duration_s=test.duration_s,
        message=test.message if failed else "",
        report=test.report if failed else "",
        frames=of_javascript(test.report, within) if failed else (),
        covered=lines.get(test.name, {}),
    )


def _lines_of_tests(data: bytes, within: Within) -> dict[str, dict[str, tuple[int, ...]]]:
    """Test's name → path → lines; what `drivers/watch.mjs` wrote, a test a line."""
    found: dict[str, dict[str, tuple[int, ...]]] = {}
    for event in _events(data):
        covered = {}
        for file, numbers in table(event.get("lines")).items():
            path = within.path(str(file))
            if path is not None and isinstance(numbers, list):
                covered[path] = tuple(
                    sorted({each for each in numbers if type(each) is int and 0 <= each < 10_000_000})
                )
        if covered:
            found[str(event.get("name", ""))] = covered
    return found


def _events(data: bytes) -> Iterator[Mapping[str, object]]:
    return (table(document(line)) for line in data.splitlines())


def _reason(report: str) -> str:
    said = next((line.strip() for line in report.splitlines() if re.match(r"\s*[\w.]*Error\b", line)), "")
    return f"the file could not be run: {said or first_line(report) or 'its process ended early'}"[:1000]


def _node(data: bytes) -> tuple[list[TestOutcome], dict[str, str]]:
    return node(data), {}


def _mocha(data: bytes) -> tuple[list[TestOutcome], dict[str, str]]:
    return mocha(data), mocha_hooks(data)


_PARSERS = {"node": _node, "vitest": jest, "jest": jest, "mocha": _mocha}


def node_suite(original: Path, files: Sequence[str], package: str) -> NodeSuite | None:
    """The runner of a workspace whose package.json says `package`; None if there are no test files or no Node."""
    tests = tuple(path for path in files if is_test_file(path))
    executable = programs.find("node")
    if not tests or executable is None:
        return None
    modules = original / "node_modules"
    runner = _runner(package, modules)
    readable = (*programs.installation(executable), DRIVERS, *([modules] if modules.is_dir() else []))
    typed = any(path.endswith(_TYPESCRIPT) for path in files)
    loader = "tsx" if typed and runner == "node" and (modules / "tsx").exists() else ""
    environment = {"PATH": programs.search_path(executable), "NODE_DISABLE_COLORS": "1", "CI": "1"}
    return NodeSuite(runner, str(executable), readable, tests, loader, environment=environment)


def _runner(package: str, modules: Path) -> str:
    try:
        read = json.loads(package)
    except (ValueError, RecursionError):
        read = {}
    said = table(read)
    script = str(table(said.get("scripts")).get("test", ""))
    depends = {**table(said.get("dependencies")), **table(said.get("devDependencies"))}
    installed = [each for each in _RUNNERS if (modules / ".bin" / each).exists()]
    named = [each for each in installed if each in script]
    if "node --test" in script or "node:test" in script:
        return "node"
    return next(iter(named or [each for each in installed if each in depends]), "node")
