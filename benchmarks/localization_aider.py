"""Drives aider's repository map, in a Python of aider's own: one JSON object a line in, one out. Needs nothing of Tercet's.

In: `tree` and `files` (a tree to read), or `request`; out: `{}`, or `files` and `definitions`, each best first.
"""

import json
import os
import re
import sys
import warnings

from aider import repomap  # type: ignore[import-not-found]  # in aider's environment alone


class Quiet:
    """What the map shows its progress on, and asks of aider's input and output."""

    def __init__(self, *_):
        pass

    def step(self, *_):
        pass

    def end(self):
        pass

    def read_text(self, path):
        try:
            with open(path, encoding="utf-8") as file:
                return file.read()
        except (OSError, UnicodeError):
            return None

    def tool_output(self, *_, **__):
        pass

    tool_warning = tool_error = tool_output


class Tokens:
    """Counts as aider does where it knows no better."""

    def token_count(self, text):
        return len(text) / 4


class Map:
    """aider's RepoMap, asked as its Coder asks it with no file in the chat."""

    def __init__(self):
        self.maps = {}

    def read(self, tree, files):
        if tree not in self.maps:
            self.maps[tree] = repomap.RepoMap(map_tokens=1024, root=tree, main_model=Tokens(), io=Quiet())
            self.maps[tree].TAGS_CACHE = {}
        self.map, self.files = self.maps[tree], files
        self.absolute = [os.path.join(tree, path) for path in files]
        for absolute, path in zip(self.absolute, files, strict=True):
            self.map.get_tags(absolute, path)

    def locate(self, request):
        names = set(re.split(r"\W+", request))
        ranked = self.map.get_ranked_tags(set(), self.absolute, self.mentioned(request, names), names)
        definitions = [(each.rel_fname, each.name, each.line + 1) for each in ranked if len(each) > 1]
        return {"files": list(dict.fromkeys(each[0] for each in ranked)), "definitions": definitions}

    def mentioned(self, request, names):
        """Paths and base names in the request, and files whose stem (of five letters at least) is one of its words."""
        spelled = {each.strip("\"'`*_,.!;:?") for each in request.split()}
        lower = {name.lower() for name in names if len(name) >= 5}
        return {
            path
            for path in self.files
            if path in spelled
            or os.path.basename(path) in spelled
            or os.path.splitext(os.path.basename(path))[0].lower() in lower
        }


def main():
    """Until the input ends."""
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever aider prints is no answer
    warnings.filterwarnings("ignore")
    repomap.Spinner = Quiet
    repomap.tqdm = lambda each, **_: each
    found = Map()
    for line in sys.stdin:
        question = json.loads(line)
        answer = found.locate(question["request"]) if "request" in question else found.read(**question)
        print(json.dumps(answer or {}), file=answers, flush=True)


if __name__ == "__main__":
    main()
