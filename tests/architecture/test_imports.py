"""What importing does: nothing but define. And what the language server must not import before its first answer."""

import json
import subprocess
import sys

import pytest

IMPORT_EVERYTHING = """
import importlib, json, pkgutil, sys

PACKAGES = ("tercet_shared", "tercet_lsp", "tercet_server")
WATCHED = ("open", "os.system", "os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.spawn", "subprocess.Popen",
           "socket.__new__", "socket.connect", "socket.bind", "sqlite3.connect", "_thread.start_new_thread",
           "os.mkdir", "os.rename", "os.remove", "os.putenv", "os.listdir", "shutil.rmtree", "tempfile.mkdtemp")
guilty = []

def watch(event, arguments):
    if event not in WATCHED:
        return
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name.startswith("importlib.") or name.startswith("_frozen_importlib"):
            return                      # the import system reads modules, and libraries do what they do
        if name.split(".")[0] in PACKAGES:
            guilty.append(f"{name}:{frame.f_lineno} {event} {arguments[:1]}")
            return
        frame = frame.f_back

sys.addaudithook(watch)
modules = []
for package in PACKAGES:
    modules.append(package)
    for each in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
        importlib.import_module(each.name)
        modules.append(each.name)
print(json.dumps({"modules": modules, "guilty": guilty}))
"""

LANGUAGE_SERVER_MODULES = """
import json, sys
import tercet_lsp.server
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def python(program: str) -> object:
    """What `program` printed as JSON, run in a fresh interpreter."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_importing_any_module_opens_no_file_socket_process_or_thread():
    seen = python(IMPORT_EVERYTHING)
    assert isinstance(seen, dict)
    assert "tercet_shared.wire" in seen["modules"]
    assert seen["guilty"] == []


@pytest.mark.parametrize("late", ["pydantic", "httpx", "httpx_sse", "tercet_server", "fastapi", "rich"])
def test_the_language_server_answers_before_it_imports(late: str):
    """Each of these costs the editor's start tens of milliseconds; they come after `initialize`."""
    assert late not in python(LANGUAGE_SERVER_MODULES)  # type: ignore[operator]  # a list, by the program above
