"""Learns the ranking's weights from other projects' histories, and says how well they do on projects they were not learnt from.

`python -m benchmarks.localization_learning --tasks FILE --repos DIR [--held-out FILE] [--work DIR]`

A weight vector is fitted by gradient descent so that each changed place gets the greatest share of a softmax over it and the
unchanged ones (after Cao and others, "Learning to rank: from pairwise approach to listwise approach", ICML 2007), without
negative weights. What it prints is for
`context/ranking/weights.py`. Tasks come from `benchmarks.localization_mining`; those of `--held-out` are scored, never learnt.
"""

import argparse
import pickle
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tercet_server.context.locating import sought
from tercet_server.context.ranking.fusion import CONSIDERED
from tercet_server.context.ranking.signals import DOCUMENT_SIGNALS, FILE_SIGNALS, document_evidence, file_evidence
from tercet_server.context.ranking.weights import FILE_WEIGHTS

from benchmarks.localization_systems import Tercet
from benchmarks.localization_tasks import Answer, Task, by_repository, check_out, is_candidate, load, score
from benchmarks.report import say

Values = npt.NDArray[np.float64]

UNLEARNT = ("mentioned",)
"""No task's words name a file that is sought, so how much a name says is set by hand."""

RIDGE = 0.002


@dataclass(frozen=True)
class Example:
    """The places of one task, a row each, and which of them were changed. `places`: as `Answer` has them."""

    task: Task
    signals: Values
    places: Sequence[str] | Sequence[tuple[str, str, int]]
    changed: Sequence[int]


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="tercet-learning-") as scratch:
        work = options.work or Path(scratch)
        learnt, held_out = (
            _examples(load(path), options.repos, work, path.stem) if path else ([], [])
            for path in (options.tasks, options.held_out)
        )
    for name, at, signals in (("files", 0, FILE_SIGNALS), ("definitions", 1, DOCUMENT_SIGNALS)):
        weights = fit(learnt[at], signals)
        print(name, dict(zip(signals, np.round(weights, 2).tolist(), strict=True)))
        print(name, "learnt from them:", accuracy(learnt[at], [weights] * len(learnt[at])))
        print(name, "each project by the others:", accuracy(learnt[at], _crosswise(learnt[at], signals)))
        if held_out[at]:
            print(name, "held out:", accuracy(held_out[at], [weights] * len(held_out[at])))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.localization_learning", description=__doc__)
    parser.add_argument("--tasks", type=Path, required=True, metavar="FILE")
    parser.add_argument("--repos", type=Path, required=True, metavar="DIR", help="clones as DIR/<owner>+<name>/repo")
    parser.add_argument("--held-out", type=Path, metavar="FILE")
    parser.add_argument("--work", type=Path, metavar="DIR", help="keeps work trees, indexes and signals")
    return parser.parse_args()


def fit(examples: Sequence[Example], signals: Sequence[str], steps: int = 200, rate: float = 0.05) -> Values:
    """Adam with a projection onto what is not negative. A weight a signal."""
    learnt = np.array([name not in UNLEARNT for name in signals])
    usable = [each for each in examples if each.changed and len(each.changed) < len(each.places)]
    weights, mean, square = learnt.astype(np.float64), np.zeros(len(signals)), np.zeros(len(signals))
    for step in range(1, steps + 1):
        gradient = RIDGE * weights + sum((_gradient(each, weights) for each in usable), np.zeros(len(signals))) / len(
            usable
        )
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        weights = weights - rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        weights = np.maximum(weights, 0) * learnt
    return weights


def _gradient(example: Example, weights: Values) -> Values:
    """Each changed place competes with all that are unchanged, not with the others that are changed."""
    scores = example.signals @ weights
    unchanged = np.ones(len(scores), bool)
    unchanged[list(example.changed)] = False
    rows, others = example.signals[unchanged], scores[unchanged]
    total = np.zeros(len(weights))
    for place in example.changed:
        highest = max(scores[place], others.max())
        mine, theirs = np.exp(scores[place] - highest), np.exp(others - highest)
        whole = mine + theirs.sum()
        total += (mine / whole - 1) * example.signals[place] + theirs / whole @ rows
    return total / len(example.changed)


def accuracy(examples: Sequence[Example], weights: Sequence[Values]) -> dict[str, float]:
    """acc@k of each example ranked with its own weights."""
    ranks, definitions = [], []
    for each, vector in zip(examples, weights, strict=True):
        order = [each.places[at] for at in np.argsort(-(each.signals @ vector), kind="stable")]
        is_files = isinstance(order[0], str)
        found = score(each.task, Answer(order, []) if is_files else Answer([], order))  # type: ignore[arg-type]  # one or the other
        ranks.append(found.rank if is_files else None)
        definitions.append(found.definition_all_at_10)
    if any(rank is not None for rank in ranks):
        return {f"acc_at_{k}": float(np.mean([rank is not None and rank <= k for rank in ranks])) for k in (1, 5, 10)}
    return {"definition_acc_at_10": float(np.mean(definitions))}


def _crosswise(examples: Sequence[Example], signals: Sequence[str]) -> list[Values]:
    by_project = {
        project: fit([each for each in examples if each.task.repo != project], signals)
        for project in {each.task.repo for each in examples}
    }
    return [by_project[each.task.repo] for each in examples]


def _examples(tasks: list[Task], repos: Path, work: Path, name: str) -> tuple[list[Example], list[Example]]:
    """Of files and of definitions. The signals are kept beside the indexes, as they take most of the time."""
    kept = work / f"{name}.signals"
    if kept.exists():
        found: tuple[list[Example], list[Example]] = pickle.loads(kept.read_bytes())
        return found
    tercet = Tercet(work / "indexes")
    files: list[Example] = []
    definitions: list[Example] = []
    for repo, several in by_repository(tasks).items():
        for task in several:
            tree = work / "trees" / repo.replace("/", "+")
            tercet.prepare(tree, check_out(repos, repo, task.parent, tree))
            of_files, of_definitions = _signals(tercet, task)
            files.append(of_files)
            definitions += [of_definitions] if task.gold_definitions else []
        say(f"{repo}: {len(several)}")
    tercet.close()
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(pickle.dumps((files, definitions)))
    return files, definitions


def _signals(tercet: Tercet, task: Task) -> tuple[Example, Example]:
    lexicon, past = tercet.material()
    asked = sought(tercet.snapshot, task.query)
    evidence = file_evidence(lexicon, past, asked)
    paths = lexicon.code.paths
    among = np.array([at for at, path in enumerate(paths) if is_candidate(path)], np.int32)
    files = Example(
        task,
        evidence.signals[among],
        [paths[at] for at in among],
        [place for place, at in enumerate(among) if paths[at] in task.gold_files],
    )
    scores = evidence.signals @ np.array([FILE_WEIGHTS[name] for name in FILE_SIGNALS])
    best = among[np.argsort(-scores[among], kind="stable")][:CONSIDERED]
    kinds = {file: tercet.snapshot.kinds(file) for file in best.tolist()}
    found = document_evidence(lexicon, evidence, asked, scores, kinds)
    named = tercet.named(found.docs.tolist())
    rows = [row for row, doc in enumerate(found.docs.tolist()) if doc in named]
    places = [named[int(found.docs[row])] for row in rows]
    gold = {(each.file, each.start) for each in task.gold_definitions}
    changed = [
        at for at, (file, _, start) in enumerate(places) if {(file, start - 1), (file, start), (file, start + 1)} & gold
    ]
    return files, Example(task, found.signals[rows], places, changed)


if __name__ == "__main__":
    sys.exit(main())
