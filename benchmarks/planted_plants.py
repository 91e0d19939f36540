"""Keeps the planted faults that a project's tests notice, divides the tests, and judges what is offered as a repair."""

import random
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.planted_faults import Fault, Sites, compiles, same_tree
from benchmarks.planted_libraries import Library, sources
from benchmarks.planted_suite import Outcomes, copy, function_of, held_back, hide, run_suite

MOST_DRAWS = 40
"""For one plant: faults that no test notices, or that break half the suite, are put back."""

MOST_FAILING = 0.5


@dataclass(frozen=True)
class Project:
    """A library as it was published. `passing`: the tests that pass each time they are run, under the same names."""

    library: Library
    root: Path
    python: str
    passing: frozenset[str]
    sites: Sites

    @classmethod
    def of(cls, library: Library, root: Path, python: str) -> "Project":
        return cls.at(library, root, python, Sites.of(sources(library, root)))

    @classmethod
    def at(cls, library: Library, root: Path, python: str, sites: Sites) -> "Project":
        with tempfile.TemporaryDirectory(prefix="tercet-planted-") as folder:
            work = copy(root, Path(folder) / "project")
            runs = [run_suite(work, python, targets_of(library)) for _ in range(3)]
        return cls(library, root, python, steady(runs), sites)


@dataclass(frozen=True)
class Plant:
    """A fault with the tests that notice it. `hidden`: test functions that the repair never sees."""

    library: str
    number: int
    fault: Fault
    failing: tuple[str, ...]
    hidden: tuple[str, ...]
    shown_failing: tuple[str, ...]
    shown_passing: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.library}/{self.number}"


@dataclass(frozen=True)
class Verdict:
    """Of texts offered as a repair, by all tests of the project. `held_failing` counts the tests that the repair did not
    see, failed, and so can tell a right repair from one that fits what it saw."""

    plausible: bool
    identical: bool
    held_pass: bool
    held: int
    held_failing: int
    held_broken: tuple[str, ...] = ()

    @property
    def correct(self) -> bool:
        return self.identical or (self.plausible and self.held_pass)


def steady(runs: Sequence[Outcomes]) -> frozenset[str]:
    """Tests that passed in all runs, but for those of functions whose parameters are named otherwise in some run: cases
    that come from a set stand in another order each time."""
    names = set().union(*runs)
    unsteady = {function_of(test) for test in names if not all(test in run for run in runs)}
    return frozenset(test for test in names if function_of(test) not in unsteady and all(run[test] for run in runs))


def plant(project: Project, number: int, seed: int, taken: set[Fault], draws: int = MOST_DRAWS) -> Plant | None:
    """The `number`th fault of this seed that tests notice, none of those `taken`; None if none of the draws does."""
    stream = f"{seed}/{project.library.name}/{number}"
    for _, fault in zip(range(draws), project.sites.draw(random.Random(stream)), strict=False):
        if fault in taken:
            continue
        with tempfile.TemporaryDirectory(prefix="tercet-planted-") as folder:
            kept = _kept(project, number, fault, random.Random(f"{stream}/split"), Path(folder))
        if kept is not None:
            return kept
    return None


def killed(project: Project, number: int, fault: Fault) -> Plant | None:
    """A fault of a mutation tool, with every test shown; None if no test notices it. A test file that can no longer be
    collected is noticed, and stands for its tests."""
    with tempfile.TemporaryDirectory(prefix="tercet-planted-") as folder:
        root = copy(project.root, Path(folder) / "project")
        _write(root, {fault.path: fault.apply(project.sites.texts[fault.path])})
        outcomes = run_suite(root, project.python, targets_of(project.library))
    failing = {
        test for test, passed in outcomes.items() if not passed and (test in project.passing or "::" not in test)
    }
    if not failing:
        return None
    passing = {test for test in project.passing if outcomes.get(test)}
    shown = tuple(sorted(project.passing - passing))
    return Plant(project.library.name, number, fault, tuple(sorted(failing)), (), shown, tuple(sorted(passing)))


def targets_of(library: Library) -> list[str]:
    """What pytest is given: nothing, where the project says itself what its tests are."""
    return [library.tests] if library.tests else []


def make_workspace(project: Project, planted: Plant, root: Path) -> Path:
    """The project with its fault and without the hidden tests."""
    copy(project.root, root)
    _write(root, {planted.fault.path: planted_text(project, planted)})
    hide(root, planted.hidden)
    return root


def planted_text(project: Project, planted: Plant) -> str:
    return planted.fault.apply(project.sites.texts[planted.fault.path])


def judge(project: Project, planted: Plant, changed: Mapping[str, str]) -> Verdict:
    """`changed`: path → text of the files that a repair changes."""
    with tempfile.TemporaryDirectory(prefix="tercet-planted-") as folder:
        root = copy(project.root, Path(folder) / "project")
        texts = {planted.fault.path: planted_text(project, planted), **changed}
        _write(root, texts)
        outcomes = run_suite(root, project.python, targets_of(project.library))
    shown = {*planted.shown_failing, *planted.shown_passing}
    held = project.passing - shown
    broken = tuple(sorted(test for test in held if not outcomes.get(test)))
    originals = project.sites.texts
    return Verdict(
        plausible=bool(outcomes) and all(outcomes.get(test) for test in shown),
        identical=all(
            path in originals and compiles(text) and same_tree(text, originals[path]) for path, text in texts.items()
        ),
        held_pass=bool(outcomes) and not broken,
        held=len(held),
        held_failing=len(held & set(planted.failing)),
        held_broken=broken[:5],
    )


def _kept(project: Project, number: int, fault: Fault, chance: random.Random, folder: Path) -> Plant | None:
    """None if no test fails, too many do, or the tests cannot be divided."""
    root = copy(project.root, folder / "whole")
    _write(root, {fault.path: fault.apply(project.sites.texts[fault.path])})
    failing = _failing(project, run_suite(root, project.python, [project.library.tests]))
    if not 0 < len(failing) <= MOST_FAILING * len(project.passing):
        return None
    hidden = held_back(failing, project.passing - failing, chance)
    half = make_workspace(
        project, Plant(project.library.name, number, fault, (), tuple(sorted(hidden)), (), ()), folder / "half"
    )
    outcomes = run_suite(half, project.python, [project.library.tests])
    shown = {test: passed for test, passed in outcomes.items() if test in project.passing}
    shown_failing = {test for test, passed in shown.items() if not passed}
    if not shown_failing or not shown_failing <= failing:
        return None
    return Plant(
        project.library.name,
        number,
        fault,
        tuple(sorted(failing)),
        tuple(sorted(hidden)),
        tuple(sorted(shown_failing)),
        tuple(sorted(set(shown) - shown_failing)),
    )


def targets(planted: Plant) -> list[str]:
    """The test functions that a user sees fail, and the files that cannot be collected."""
    files = [each for each in planted.failing if "::" not in each]
    return sorted(
        {function_of(each) for each in (*planted.shown_failing, *files) if not each.startswith(_within(files))}
    )


def _within(files: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{each}::" for each in files)


def _failing(project: Project, outcomes: Outcomes) -> set[str]:
    """None of them if the suite broke down or some file could not even be collected."""
    if any("::" not in test for test in outcomes):
        return set()
    return {test for test in project.passing if test in outcomes and not outcomes[test]}


def _write(root: Path, texts: Mapping[str, str]) -> None:
    for path, text in texts.items():
        (root / path).write_text(text, "utf-8")
