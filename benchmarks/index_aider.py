"""Aider's repository map of a whole tree, run by the interpreter of aider's own environment: root, and a folder for its cache."""

import json
import sys
import time
from pathlib import Path


class Tokens:
    """In place of a model: the map only asks it how long a text is."""

    def token_count(self, text: str) -> int:
        return len(text) // 4


def main() -> None:
    from aider.io import InputOutput  # noqa: PLC0415 - of another environment
    from aider.repomap import RepoMap  # noqa: PLC0415 - of another environment

    root, cache = Path(sys.argv[1]), Path(sys.argv[2])
    files = sorted(str(each) for each in root.rglob("*") if each.is_file() and not each.is_symlink())
    RepoMap.TAGS_CACHE_DIR = str(cache)
    started = time.monotonic()
    repository = RepoMap(map_tokens=4096, root=str(root), main_model=Tokens(), io=InputOutput(yes=True, pretty=False))
    shown = repository.get_repo_map([], files, force_refresh=True)
    print(json.dumps({"seconds": time.monotonic() - started, "files": len(files), "characters": len(shown or "")}))


if __name__ == "__main__":
    main()
