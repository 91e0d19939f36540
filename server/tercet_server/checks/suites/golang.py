"""Go's own runner: `go test -json`, a command for each package. A test is its file and function; subtests are told in its report.

The lines that each test executes come from a test binary built with coverage of the whole module, run once for each test.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import dirname, join, normpath

from tercet_server.checks.outputs import Within
from tercet_server.checks.outputs.linters import document, table
from tercet_server.checks.outputs.outcomes import GoRun, first_line, go_test
from tercet_server.checks.suites import programs
from tercet_server.checks.suites.frames import of_go
from tercet_server.checks.suites.suite import Batch, Purpose, Ran, Reading, broken, file_of, name_of, node_id, under
from tercet_server.ports import Ending, Frame, Outcome, TestResult

_TEST = r"(?:Test|Example|Fuzz)[A-Za-z0-9_]*"
_FOUND = re.compile(rf"^(?P<file>[^:\n]+_test\.go):\d+:func (?P<name>{_TEST})\s*\(")
_COVER_MARK = "== lines of "
_PROFILE = re.compile(r"^(?P<file>.+\.go):(?P<first>\d+)\.\d+,(?P<last>\d+)\.\d+ \d+ (?P<count>\d+)$")
_LONGEST_BLOCK = 5000
_ERROR = re.compile(r"^(?P<file>[^\s:]+\.go):(?P<line>\d+)(?::\d+)?: (?P<message>.+)$", re.MULTILINE)

_LISTING = (
    'go test -vet=off -json -list . ./... ; echo; grep -rnE "^func (Test|Example|Fuzz)" --include=*_test.go . ; true'
)
"""No tool says in which file a test function stands, so the lines of all are printed as well."""

_TRACING = f"""
go test -vet=off -json "$@" -run "$PATTERN" "./$PACKAGE"
go test -vet=off -c -cover -coverpkg=./... -o "$TMPDIR/traced.test" "./$PACKAGE" || exit 0
cd "./$PACKAGE" || exit 0
for name in $NAMES; do
  "$TMPDIR/traced.test" -test.run "^$name\\$" -test.timeout 20s -test.coverprofile "$TMPDIR/profile" >/dev/null 2>&1
  echo; echo "{_COVER_MARK}$name"; cat "$TMPDIR/profile" 2>/dev/null; rm -f "$TMPDIR/profile"
done
true
"""


@dataclass(frozen=True)
class GoSuite:
    """`modules` are the folders of go.mod files ("" is the root) with the modules' import paths."""

    program: str
    readable: Sequence[Path]
    tests_of: tuple[str, ...]
    modules: Mapping[str, str]
    tool: str = "go test"
    runtime: str = "go"
    cold_s: float = 180.0
    parallel: int = 2
    environment: Mapping[str, str] = field(default_factory=dict)

    def covers(self, path: str) -> bool:
        file = file_of(path)
        return file.endswith(".go") or "." not in file.rpartition("/")[2]

    def files(self, targets: Sequence[str]) -> list[str]:
        named = [file_of(each) for each in targets if file_of(each).endswith("_test.go")]
        return list(dict.fromkeys([*under(self.tests_of, targets), *named]))

    def batches(self, tests: Sequence[str], purpose: Purpose) -> list[Batch]:
        if purpose is Purpose.LIST:
            roots = dict.fromkeys(self._module_of(file_of(each)) for each in tests)
            shown = ("go", "test", "-list", ".", "./...")
            files = {root: tuple(each for each in tests if self._module_of(file_of(each)) == root) for root in roots}
            return [Batch(purpose, ("sh", "-c", _LISTING), shown, files[root], cwd=root or ".") for root in roots]
        asked: dict[str, list[str]] = {}
        for test in tests:
            asked.setdefault(dirname(file_of(test)), []).append(test)
        return [self._batch(folder, tuple(of_folder), purpose) for folder, of_folder in asked.items()]

    def _batch(self, folder: str, tests: tuple[str, ...], purpose: Purpose) -> Batch:
        root = self._module_of(join(folder, "x"))
        package = (folder.removeprefix(root).strip("/")) or "."
        names = [name_of(each) for each in tests]
        every = not all(names)
        pattern = "." if every else f"^({'|'.join(re.escape(each) for each in dict.fromkeys(names))})$"
        files = tuple(dict.fromkeys(file_of(each) for each in tests))
        shown = ("go", "test", "-run", pattern, f"./{package}")
        plain = Batch(purpose, (), shown, files, tuple(each for each in tests if name_of(each)), root or ".")
        command: tuple[str, ...] = ("go", "test", "-vet=off", "-json", "-count=1", "-run", pattern, f"./{package}")
        environment: dict[str, str] = {}
        if purpose is Purpose.TRACE:
            command = ("sh", "-c", _TRACING, "sh", "-count=1")
            listed = [each for each in dict.fromkeys(names) if re.fullmatch(_TEST, each)]
            environment = {"PATTERN": pattern, "PACKAGE": package, "NAMES": " ".join(listed)}
        return Batch(purpose, command, plain.shown, plain.files, plain.tests, plain.cwd, environment=environment)

    def watching(self, batch: Batch, root: str) -> Mapping[str, str]:
        return {}

    def read(self, batch: Batch, ran: Ran) -> Reading:
        run = go_test(ran.result.stdout)
        root = "" if batch.cwd == "." else batch.cwd
        if batch.purpose is Purpose.LIST:
            return self._listing(batch, ran, run, root)
        file_of_test = {name_of(each): file_of(each) for each in batch.tests}
        folder = dirname(batch.files[0])
        within = Within(ran.root, folder or ".")
        lines = self._lines_of_tests(ran.result.stdout, within) if batch.purpose is Purpose.TRACE else {}
        results = [
            TestResult(
                test=node_id(file_of_test.get(each.name, batch.files[0]), each.name),
                outcome=each.outcome,
                duration_s=each.duration_s,
                message=_message(each.message),
                report=each.report,
                frames=of_go(each.report, within) if each.outcome is Outcome.FAILED else (),
                covered=lines.get(each.name, {}),
            )
            for each in run.tests
        ]
        began = [node_id(file_of_test.get(name, batch.files[0]), name) for _, name in run.unended if name]
        executed = {path for covered in lines.values() for path in covered}
        bad = self._broken(batch, run, Within(ran.root, root or "."))
        if began and not bad and ran.result.ending is Ending.EXITED:
            bad = [broken(each, f"the run stopped before the end of {name_of(began[-1])}", "") for each in batch.files]
        return Reading(results, bad, (), began, sorted(executed))

    def _broken(self, batch: Batch, run: GoRun, within: Within) -> list[TestResult]:
        """A package that does not build, or that fails outside of its tests."""
        said = "".join(run.builds.values())
        failed = Outcome.FAILED in run.ended.values()
        if said:
            return [_unbuilt(file, said, within) for file in batch.files]
        if failed and not run.unended and all(each.outcome is not Outcome.FAILED for each in run.tests):
            return [broken(file, "the package's tests ended with a failure of no test", "") for file in batch.files]
        return []

    def _listing(self, batch: Batch, ran: Ran, run: GoRun, root: str) -> Reading:
        within = Within(ran.root, root or ".")
        named = {}
        for line in ran.result.stdout.decode("utf-8", "replace").splitlines():
            if (match := _FOUND.match(line)) and (path := within.path(match["file"])):
                named[dirname(path), match["name"]] = path
        module = self.modules.get(root, "")
        listed, bad = [], []
        for package, names in _listed_names(ran.result.stdout).items():
            folder = join(root, package.removeprefix(module).strip("/")).rstrip("/")
            listed += [node_id(named[folder, name], name) for name in names if (folder, name) in named]
        for package, said in run.builds.items():
            folder = join(root, package.removeprefix(module).strip("/")).rstrip("/").removesuffix("_test")
            bad += [_unbuilt(file, said, within) for file in batch.files if dirname(file) == folder]
        wanted = set(batch.files)
        return Reading(broken=bad, listed=[each for each in listed if file_of(each) in wanted])

    def _lines_of_tests(self, output: bytes, within: Within) -> dict[str, dict[str, tuple[int, ...]]]:
        found: dict[str, dict[str, set[int]]] = {}
        name = ""
        for line in output.decode("utf-8", "replace").splitlines():
            if line.startswith(_COVER_MARK):
                name = line.removeprefix(_COVER_MARK)
            elif name and (match := _PROFILE.match(line)) and match["count"] != "0" and len(match["last"]) < 8:
                path = self._path_of(match["file"], within)
                first, last = int(match["first"]) - 1, int(match["last"])
                if path is not None and 0 <= first < last <= first + _LONGEST_BLOCK:
                    found.setdefault(name, {}).setdefault(path, set()).update(range(first, last))
        return {
            test: {path: tuple(sorted(numbers)) for path, numbers in lines.items()} for test, lines in found.items()
        }

    def _path_of(self, file: str, within: Within) -> str | None:
        """The path in the workspace of a file that is named by its package's import path."""
        for folder, module in self.modules.items():
            if file.startswith(f"{module}/"):
                return Within(within.root).path(normpath(join(folder or ".", file.removeprefix(f"{module}/"))))
        return None

    def _module_of(self, path: str) -> str:
        """The folder of the nearest go.mod above a file."""
        around = [folder for folder in self.modules if not folder or path.startswith(f"{folder}/")]
        return max(around, key=len, default="")


def _unbuilt(file: str, said: str, within: Within) -> TestResult:
    errors = list(_ERROR.finditer(said))
    places = ((within.path(each["file"]), int(each["line"][:8]) - 1) for each in errors[:20])
    frames = tuple(Frame(path, line, "") for path, line in places if path is not None and line >= 0)
    message = f"{errors[0]['file']}:{errors[0]['line']}: {errors[0]['message']}" if errors else first_line(said)
    unbuilt = broken(file, f"the package does not build: {message}", said)
    return TestResult(unbuilt.test, Outcome.ERROR, 0.0, unbuilt.message, unbuilt.report, frames[::-1])


def _message(said: str) -> str:
    """Without the place that `t.Error` puts before it: frames tell that."""
    return re.sub(r"^[\w.\-]+\.go:\d+: ", "", said)


def _listed_names(output: bytes) -> dict[str, list[str]]:
    """Package → the names that `go test -list` printed."""
    found: dict[str, list[str]] = {}
    for line in output.splitlines():
        event = table(document(line)) if line.startswith(b"{") else {}
        said = str(event.get("Output", "")).strip()
        if event.get("Action") == "output" and re.fullmatch(_TEST, said):
            found.setdefault(str(event.get("Package", "")), []).append(said)
    return found


def go_suite(original: Path, files: Sequence[str], modules: Mapping[str, str], kept: Path, own: Path) -> GoSuite | None:
    """The runner of a workspace with go.mod files; None if there are no tests or no Go.

    `own` is the folder in which its commands keep what they compile, with links into `kept`.
    """
    tests = tuple(path for path in files if path.endswith("_test.go") and "/testdata/" not in f"/{path}")
    executable = programs.find("go")
    if not tests or not modules or executable is None:
        return None
    downloaded = Path.home() / "go" / "pkg" / "mod"
    readable = (kept, *programs.installation(executable), *([downloaded] if downloaded.is_dir() else []))
    environment = {
        "PATH": programs.search_path(executable),
        "GOCACHE": str(own / "go-build"),
        "GOMODCACHE": str(downloaded),
        "GOPATH": str(own / "go-path"),
        "GOPROXY": "off",
        "GOSUMDB": "off",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-buildvcs=false",
        "GOTELEMETRY": "off",
    }
    return GoSuite(str(executable), readable, tests, modules, environment=environment)
