"""Rules about what lets an attacker in: each finds one habit and, where it can be sure what was meant, mends it."""

import ast
import re
import shlex
from collections.abc import Iterator

from tercet_server.linters.ruff import RuffFinding
from tercet_server.linters.rules.source import Edit, Source

_SHELL_SIGNS = re.compile(r"[|&;<>()$`\\*?\[\]~{}#!\n]")
_OF_THE_SHELL = re.compile(
    r"[.:]|alias|bg|break|builtin|case|cd|cls|command|continue|copy|declare|del|dir|eval|exec|exit|export|fg|for|function"
    r"|hash|if|jobs|local|move|read|readonly|return|set|shift|shopt|source|time|times|trap|type|ulimit|umask|unalias|unset|until|wait|while"
)
"""Words that begin a command and are no programs, in a shell of Unix or of Windows."""


class YamlLoad:
    """`yaml.load` makes whatever objects the text names."""

    code, ruff = "TC101", "S506"

    def find(self, source: Source) -> Iterator[RuffFinding]:
        for call in source.calls():
            if source.called(call) not in {"yaml.load", "yaml.load_all"} or not isinstance(call.func, ast.Attribute):
                continue
            loaders = [each for each in call.keywords if each.arg == "Loader"]
            positional = call.args[1:2]
            loader = loaders[0].value if loaders else positional[0] if positional else None
            said = "" if loader is None else ast.unparse(loader).lower()
            if "safe" in said and "unsafe" not in said:
                continue
            given: list[ast.expr | ast.keyword] = [*loaders, *positional]
            edits = self._edits(source, call, call.func, given[:1])
            if loader is not None and not source.full_name(loader).startswith("yaml."):
                edits = []  # a loader of the project's own, which may know more than the safe one
            yield source.finding(
                self.code, call, "`yaml.load` makes any object that the text names.", "Use `yaml.safe_load`", edits
            )

    def _edits(
        self, source: Source, call: ast.Call, function: ast.Attribute, given: list[ast.expr | ast.keyword]
    ) -> list[Edit]:
        end = source.end(function)
        renamed = Edit(end - len(function.attr), end, f"safe_{function.attr}")
        gone = [edit for each in given for edit in source.without_argument(call, each)]
        return [] if _is_starred(call) or len(gone) < len(given) else [renamed, *gone]


class ShellTrue:
    """A shell reads the command, so that what stands in it may become commands of its own."""

    code, ruff = "TC102", "S602"

    def find(self, source: Source) -> Iterator[RuffFinding]:
        for call in source.calls():
            shell = next((each for each in call.keywords if each.arg == "shell"), None)
            if shell is None or not source.called(call).startswith("subprocess.") or not _is(shell.value, True):
                continue
            command = call.args[0] if call.args else None
            edits = []
            known = not any(each.arg in {None, "executable"} for each in call.keywords)
            if known and isinstance(command, ast.Constant) and isinstance(command.value, str):
                words, gone = _words(command.value), source.without_argument(call, shell)
                edits = [source.replace(command, repr(words)), *gone] if words and gone else []
            yield source.finding(
                self.code, call, "A shell reads this command.", "Start the program without a shell", edits
            )


def _words(command: str) -> list[str]:
    """Of a command in which a shell would find nothing but a program and words; else []."""
    try:
        words = [] if _SHELL_SIGNS.search(command) else shlex.split(command)
    except ValueError:
        return []
    return [] if words and (_OF_THE_SHELL.fullmatch(words[0]) or "=" in words[0]) else words


class WeakHash:
    """MD5 and SHA-1 no longer tell that a text is the one it was."""

    code, ruff = "TC103", "S324"

    def find(self, source: Source) -> Iterator[RuffFinding]:
        for call in source.calls():
            name = source.called(call)
            if name not in {"hashlib.md5", "hashlib.sha1"}:
                continue
            if any(each.arg == "usedforsecurity" and _is(each.value, False) for each in call.keywords):
                continue
            weak = name.rpartition(".")[2]
            end = source.end(call.func)
            edits = [Edit(end - len(weak), end, "sha256")] if isinstance(call.func, ast.Attribute) else []
            yield source.finding(self.code, call, f"{weak.upper()} can be forged.", "Use SHA-256", edits)


class VerifyFalse:
    """A connection whose certificate nobody checks is read by anybody."""

    code, ruff = "TC104", "S501"

    def find(self, source: Source) -> Iterator[RuffFinding]:
        for call in source.calls():
            verify = next((each for each in call.keywords if each.arg == "verify"), None)
            if verify is None or not _is(verify.value, False):
                continue
            if not source.called(call).startswith(("requests.", "httpx.")) and not _is_session_call(call):
                continue
            edits = source.without_argument(call, verify)
            yield source.finding(self.code, call, "The certificate is not checked.", "Check the certificate", edits)


def _is_session_call(call: ast.Call) -> bool:
    verbs = {"get", "post", "put", "patch", "delete", "head", "options", "request"}
    match call.func:
        case ast.Attribute(value=ast.Name(id=name), attr=verb):
            return verb in verbs and name in {"session", "client"}
    return False


class Mktemp:
    """Between the name and the file another program can put its own."""

    code, ruff = "TC105", "S306"

    def find(self, source: Source) -> Iterator[RuffFinding]:
        for call in source.calls():
            if source.called(call) != "tempfile.mktemp" or not isinstance(call.func, ast.Attribute):
                continue
            named = zip(("suffix", "prefix", "dir"), call.args, strict=False)
            given = [f"{name}={source.of(each)}" for name, each in named] + [source.of(each) for each in call.keywords]
            module = source.of(call.func.value)
            new = f"{module}.NamedTemporaryFile({', '.join([*given, 'delete=False'])}).name"
            edits = [] if _is_starred(call) else [source.replace(call, new)]
            said = "`mktemp` names a file that another may make first."
            yield source.finding(self.code, call, said, "Make the file at once", edits)


class Pickle:
    """Reading a pickle runs what stands in it. There is no edit that keeps the format: it is only told."""

    code, ruff = "TC106", "S301"

    def find(self, source: Source) -> Iterator[RuffFinding]:
        for call in source.calls():
            if source.called(call) in {
                "pickle.load",
                "pickle.loads",
                "pickle.Unpickler",
                "marshal.loads",
                "marshal.load",
            }:
                yield source.finding(
                    self.code, call, "Reading this format runs what stands in it: never from somebody else."
                )


_SECRET = re.compile(r"(^|_)(password|passwd|pwd|secret|token|api_?key|access_?key|private_?key)$", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"^(x+|\*+|<.*>|\$\{?.*|changeme|password|secret|token|example.*|your.*|none|null|test.*)$", re.IGNORECASE
)


class HardCodedSecret:
    """Whoever reads the code has the key. It belongs into the environment."""

    code, ruff = "TC107", "S105"

    def find(self, source: Source) -> Iterator[RuffFinding]:
        for node in source.tree.body:
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(value)) as constant)
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str(value)) as constant)
                ) if _SECRET.search(name) and _is_secret(value):
                    imports = source.importing(node, "os")
                    new = source.replace(constant, f'os.environ["{name.upper()}"]')
                    edits = [] if imports is None else [new, *imports]
                    yield source.finding(
                        self.code,
                        node,
                        "A secret stands in the code.",
                        f"Read {name.upper()} from the environment",
                        edits,
                    )


def _is_secret(value: str) -> bool:
    return len(value) >= 8 and " " not in value and _PLACEHOLDER.match(value) is None


def _is_starred(call: ast.Call) -> bool:
    """Whether it is not known which arguments there are."""
    return any(isinstance(each, ast.Starred) for each in call.args) or any(each.arg is None for each in call.keywords)


def _is(node: ast.expr, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value
