"""Drives aider's appliers, in a Python of aider's own: one JSON object a line in (`root`, `paths`, `format`, `reply`), one out
(`refusal`, `ms`). Imports nothing of Tercet."""

import json
import sys
import time
from pathlib import Path

from aider.coders.editblock_coder import EditBlockCoder  # type: ignore[import-not-found]  # in aider's environment alone
from aider.coders.patch_coder import PatchCoder  # type: ignore[import-not-found]  # in aider's environment alone
from aider.coders.udiff_coder import UnifiedDiffCoder  # type: ignore[import-not-found]  # in aider's environment alone

CODERS = {"search_replace": EditBlockCoder, "udiff": UnifiedDiffCoder, "apply_patch": PatchCoder}


class Files:
    """What the appliers ask of aider's input and output: files, with the line ends that aider reads and writes."""

    def read_text(self, path, silent=False):
        try:
            return Path(path).read_text("utf-8")
        except (OSError, UnicodeError):
            return None

    def write_text(self, path, text, **_):
        Path(path).write_text(text, "utf-8")

    def tool_output(self, *_, **__):
        pass

    tool_warning = tool_error = tool_output


def applier(base):
    class Applier(base):
        """Only the applying: no chat, no repository, no model."""

        def __init__(self):
            self.io, self.fence, self.shell_commands = Files(), ("```", "```"), []

        def abs_root_path(self, path):
            return str(Path(self.root) / path)

        def get_rel_fname(self, path):
            return str(Path(path).relative_to(self.root))

        def get_inchat_relative_files(self):
            return sorted(map(self.get_rel_fname, self.abs_fnames))

    return Applier()


def answer(coder, request):
    coder.root = request["root"]
    coder.abs_fnames = {str(Path(request["root"]) / path) for path in request["paths"]}
    reply = request["reply"]
    if request["format"] == "udiff" and "```" not in reply:
        reply = f"```diff\n{reply}```\n"  # as aider tells its models to
    coder.partial_response_content = reply
    started = time.perf_counter()
    refusal = None
    try:
        edits = coder.get_edits()
        if request["format"] == "search_replace":
            edits = coder.apply_edits_dry_run(edits)
        if edits:
            coder.apply_edits(edits)
        else:
            refusal = "no edit found"
    except Exception as error:  # noqa: BLE001  # whatever a peer raises is its refusal
        refusal = f"{type(error).__name__}: {error}"
    return {"refusal": refusal, "ms": (time.perf_counter() - started) * 1000}


def main():
    coders = {name: applier(base) for name, base in CODERS.items()}
    out = sys.stdout
    sys.stdout = sys.stderr  # whatever aider prints is no answer
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(answer(coders[request["format"]], request)), file=out, flush=True)


if __name__ == "__main__":
    main()
