"""The systems that localize: Tercet as it ships, BM25 over definitions, and aider's repository map. One shape for all."""

import json
import math
import subprocess
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from tercet_server.context.index import WorkspaceIndex
from tercet_server.context.locating import Locator
from tercet_server.context.ranking import Lexicon, Past
from tercet_server.context.words import words
from tercet_server.languages import tags

from benchmarks.localization_tasks import SOURCE_SUFFIXES, Answer

AIDER_DRIVER = Path(__file__).with_name("localization_aider.py")
ASKED = 40

_BLOCKS = frozenset("function method constructor class struct interface trait enum type module macro".split())  # noqa: SIM905 - commas
_SILENT = frozenset(
    """
    a an and are as at be been but by can could do does for from had has have if in into is it its itself may more most no not
    of on or our should so some such than that the their them then there these they this those to too was we were what when
    where which while who will with would you your also add added fix fixed make made now only all any via new support allow
    use used
    """.split()  # noqa: SIM905 - as above
)


class System(Protocol):
    """`prepare` once a tree, then any number of requests."""

    def prepare(self, tree: Path, files: Sequence[str]) -> None: ...

    def locate(self, request: str) -> Answer: ...

    def close(self) -> None: ...


class Tercet:
    """The index of the tree and of its history before the commit that it is at, then the ranking."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._index: WorkspaceIndex | None = None
        self._locator = Locator()

    def prepare(self, tree: Path, files: Sequence[str]) -> None:
        del files  # finds them itself
        if self._index is None or self._index.root != tree.resolve():
            self.close()
            self._cache.mkdir(parents=True, exist_ok=True)
            self._index = WorkspaceIndex.open(self._cache, tree.resolve(), trusted=True)
        self._index.build()
        self.snapshot, self.history = self._index.snapshot(), self._index.history()
        self.material()

    def locate(self, request: str) -> Answer:
        found = self._locator.locate(self.snapshot, self.history, request, ASKED)
        named = self.named([each.number for each in found.documents])
        return Answer([self.snapshot.files[each.number].path for each in found.files], list(named.values()))

    def material(self) -> tuple[Lexicon, Past]:
        """What the rankings of the prepared tree are made from."""
        return self._locator.lexicon(self.snapshot), self._locator.past(self.snapshot, self.history)

    def named(self, docs: Sequence[int]) -> dict[int, tuple[str, str, int]]:
        """File, name and first line of these documents, in their order; those without a definition are left out."""
        definitions = self.snapshot.definitions_of(docs)
        return {
            doc: (self.snapshot.files[int(self.snapshot.doc_file[doc])].path, each.name, each.start + 1)
            for doc in docs
            if (each := definitions.get(doc)) is not None
        }

    def close(self) -> None:
        if self._index is not None:
            self._index.close()
            self._index = None


class Bm25:
    """Okapi BM25 (k1 1.2, b 0.75), a document a definition with its path and twice its name; a file is as good as its best."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, int], list[tuple[str, int, Counter[str]]]] = {}

    def prepare(self, tree: Path, files: Sequence[str]) -> None:
        self._places: list[tuple[str, str, int]] = []
        self._lengths: list[int] = []
        self._postings: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for path in files:
            if Path(path).suffix.lower() in SOURCE_SUFFIXES and (tree / path).stat().st_size <= 1_000_000:
                text = (tree / path).read_text("utf-8", errors="replace")
                key = (path, hash(text))
                if key not in self._read:
                    self._read[key] = _documents(path, text)
                for name, start, counts in self._read[key]:
                    for word, count in counts.items():
                        self._postings[word].append((len(self._places), count))
                    self._places.append((path, name, start))
                    self._lengths.append(counts.total())

    def locate(self, request: str) -> Answer:
        scores: defaultdict[int, float] = defaultdict(float)
        average = sum(self._lengths) / max(1, len(self._lengths))
        for word, said in Counter(word for word in words(request) if word not in _SILENT).items():
            found = self._postings.get(word, ())
            rarity = math.log(1 + (len(self._places) - len(found) + 0.5) / (len(found) + 0.5))
            for place, count in found:
                norm = 1.2 * (0.25 + 0.75 * self._lengths[place] / average)
                scores[place] += min(said, 3) * rarity * count * 2.2 / (count + norm)
        order = sorted(scores, key=lambda place: (-scores[place], self._places[place]))
        return Answer(
            list(dict.fromkeys(self._places[place][0] for place in order)),
            [self._places[place] for place in order if self._places[place][1]][: 4 * ASKED],
        )

    def close(self) -> None: ...


def _documents(path: str, text: str) -> list[tuple[str, int, Counter[str]]]:
    lines = text.splitlines()
    around = words(path)
    left = dict(enumerate(lines))
    found = []
    for each in tags(path, text).definitions:
        if each.kind not in _BLOCKS:
            continue
        body = "\n".join(lines[each.start : min(each.end + 1, each.start + 200)])
        found.append((each.name, each.start + 1, Counter([*words(body), *around, *words(each.name) * 2])))
        for number in range(each.start, each.end + 1):
            left.pop(number, None)
    rest = Counter([*words("\n".join(left.values())), *around * 2])
    return [*found, ("", 0, rest)]


class Aider:
    """aider's repository map, driven in a Python that has aider-chat."""

    def __init__(self, python: str) -> None:
        self._process = subprocess.Popen(
            [python, str(AIDER_DRIVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def prepare(self, tree: Path, files: Sequence[str]) -> None:
        self._ask({"tree": str(tree), "files": list(files)})

    def locate(self, request: str) -> Answer:
        answer = self._ask({"request": request})
        definitions = [(file, name, start) for file, name, start in answer["definitions"]]
        return Answer(answer["files"], definitions[: 4 * ASKED])

    def close(self) -> None:
        self._process.communicate()

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("aider's driver ended; what it said is above")
        return cast("dict[str, Any]", json.loads(answer))
