"""What is tried first, and what is never tried twice."""

from tercet_server.proposers.repair.mutation import Mutation, Operator
from tercet_server.proposers.repair.naturalness import Naturalness
from tercet_server.proposers.repair.pool import MutantPool
from tercet_server.proposers.repair.priors import PRIORS
from tercet_server.proposers.repair.rank import line_scores, ranked_mutations
from tercet_server.proposers.repair.subject import Subject

TEXT = """\
LIMIT = 10


def count(items, limit=LIMIT):
    found = 0
    for item in items:
        if item < limit:
            found += 1
    return found


def other(x):
    return x + 1
"""


def test_every_operator_has_a_prior() -> None:
    assert set(PRIORS) == set(Operator)


def test_suspicious_lines_come_first() -> None:
    ranked = ranked_mutations(Subject.of(TEXT), {6: 1.0, 8: 0.1})
    assert ranked[0].mutation.line == 6
    assert [each.chance for each in ranked] == sorted((each.chance for each in ranked), reverse=True)
    assert not any(TEXT.splitlines()[each.mutation.line].startswith(("LIMIT", "def other")) for each in ranked)


def test_the_boundary_is_tried_before_rarer_edits() -> None:
    ranked = ranked_mutations(Subject.of(TEXT), {6: 1.0})
    texts = [each.mutation.apply(TEXT) for each in ranked]
    assert TEXT.replace("item < limit", "item <= limit") in texts[:5]


def test_the_other_truth_value_is_tried_before_any_variable() -> None:
    text = "def found(one, other):\n    result = False\n    return one < other and result\n"
    texts = [each.mutation.apply(text) for each in ranked_mutations(Subject.of(text), {1: 1.0})]
    truth, variable = (text.replace("False", each) for each in ("True", "one"))
    assert texts.index(truth) < texts.index(variable)


def test_a_template_is_first_of_all_filled_in() -> None:
    text = "def say(name):\n    return '%s!' * name\n"
    texts = [each.mutation.apply(text) for each in ranked_mutations(Subject.of(text), {1: 1.0})]
    assert texts.index(text.replace(" * ", " % ")) < texts.index(text.replace(" * name", ""))


def test_no_condition_is_put_in_twice() -> None:
    text = "def same(a, b):\n    return a.x > b.x and a.y == b.y and a\n"
    texts = [each.mutation.apply(text) for each in ranked_mutations(Subject.of(text), {1: 1.0})]
    assert text.replace("a.x > b.x", "a.x == b.x") in texts
    assert text.replace("a.x > b.x", "a.y == b.y") not in texts
    assert text.replace("a.x > b.x", "a") not in texts
    assert text.replace("a.x > b.x and ", "") in texts


def test_headers_and_uncovered_lines_share_their_functions_suspicion() -> None:
    scores = line_scores(Subject.of(TEXT), {6: 1.0})
    assert 0 < scores[7] < scores[3] < scores[6]
    assert 12 not in scores


def test_all_lines_of_a_statement_are_as_suspicious() -> None:
    text = "def f(a, b):\n    return (\n        a\n        + b\n    )\n"
    scores = line_scores(Subject.of(text), {2: 0.7})
    assert scores[1] == scores[3] == 0.7


def test_natural_edits_score_higher() -> None:
    text = "for item in items:\n    use(item)\nfor item in items:\n    drop(item)\nuse(other)\n"
    start = text.rindex("other")
    naturalness = Naturalness(text)
    item, zebra = (Mutation(start, start + 5, word, Operator.NAME, 4) for word in ("item", "zebra"))
    assert naturalness.of(item) > naturalness.of(zebra)


def test_equal_mutants_are_tried_once() -> None:
    text = "def f(a):\n    return a + 0\n"
    pool = MutantPool.of({"a.py": text}, {"a.py": {1: 1.0}})
    texts = [pool.text(each) for each in pool.take(10_000)]
    assert len(texts) == len(set(texts)) == pool.total
    assert text not in texts
    assert not any("a + 1 - 1" in each for each in texts)
    assert pool.take(1) == []


def test_a_mutant_put_back_comes_later() -> None:
    pool = MutantPool.of({"a.py": "def f(a, b):\n    return a < b\n"}, {"a.py": {1: 1.0}})
    first = pool.take(1)[0]
    pool.put_back(first, promising=False)
    rest = pool.take(10_000)
    again = next(each for each in rest if each.mutation == first.mutation)
    assert again.attempt == 1
    assert rest.index(again) > 0


def test_a_mutant_that_repaired_something_before_its_time_was_up_comes_next() -> None:
    pool = MutantPool.of({"a.py": "def f(a, b):\n    return a < b\n"}, {"a.py": {1: 1.0}})
    slow = pool.take(3)[2]
    pool.put_back(slow, promising=True)
    assert pool.take(1)[0].mutation == slow.mutation


def test_a_file_that_cannot_be_parsed_has_no_mutants() -> None:
    pool = MutantPool.of({"a.py": "def f(:\n", "b.py": "x = '\x00'"}, {"a.py": {0: 1.0}, "b.py": {0: 1.0}})
    assert pool.total == 0
    assert pool.take(5) == []


def test_titles_say_what_is_done_and_where() -> None:
    pool = MutantPool.of({"a.py": TEXT}, {"a.py": {6: 1.0, 7: 1.0}})
    titles = {pool.title(each) for each in pool.take(10_000)}
    assert "replace `<` by `<=` in count()" in titles
    assert "delete `found += 1` in count()" not in titles  # alone in its block: replaced by `pass`
    assert "replace `found += 1` by `pass` in count()" in titles


def test_conditions_are_not_built_on_the_variable_of_a_loop_that_is_over() -> None:
    text = (
        "def f(items):\n    depth = 0\n    for item in items:\n        if item == 1:\n            depth += 1\n"
        "    return True\n"
    )
    found = [each.mutation.apply(text) for each in ranked_mutations(Subject.of(text), {5: 1.0})]
    assert text.replace("True", "depth == 0") in found
    assert text.replace("True", "not item == 1") not in found


def test_of_edits_that_do_the_same_the_number_is_changed_first() -> None:
    text = "def f(items):\n    if len(items) < 3:\n        return items\n    return None\n"
    found = [each.mutation.apply(text) for each in ranked_mutations(Subject.of(text), {1: 1.0})]
    assert found.index(text.replace("3", "4")) < found.index(text.replace("len(items) <", "len(items) - 1 <"))
