"""What a request asks for: its words by weight, its identifiers, its area, words that code joins, paths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.context.ranking import Request, Term, parse_request


def terms(request: Request) -> dict[str, Term]:
    return {term.spellings[0]: term for term in request.terms}


def test_what_the_subject_says_weighs_more_than_what_the_body_says():
    found = terms(parse_request("Timeout of connections\n\nThe retry policy is ignored."))
    assert found["timeout"].weight > found["retri"].weight > 0


def test_words_that_say_nothing_are_left_out_and_those_of_every_request_weigh_little():
    found = terms(parse_request("Fix the rounding of totals"))
    assert "the" not in found
    assert found["fix"].weight < found["round"].weight / 2


def test_an_identifier_is_sought_whole_and_by_its_parts():
    found = terms(parse_request("parseHtml fails on empty_text"))
    assert found["parsehtml"].is_identifier
    assert not found["pars"].is_identifier
    assert {"parsehtml", "pars", "html", "empty_text", "empti", "text"} <= found.keys()


@pytest.mark.parametrize("subject", ["fix(parser): nested quotes", "[parser] nested quotes", "parser: nested quotes"])
def test_the_area_that_a_subject_names_is_known(subject: str):
    assert [word for word, term in terms(parse_request(subject)).items() if term.in_area] == ["parser"]


def test_neighbouring_words_may_be_one_name():
    spellings = {
        spelling for term in parse_request("the path infos of http proxies").pairs for spelling in term.spellings
    }
    assert {"pathinfos", "path_infos", "pathinfo", "path_info", "httpproxies", "http_proxies"} <= spellings


def test_a_stack_trace_names_its_paths():
    trace = 'File "src/shop/cart.py", line 3, in total\n  at C:\\code\\shop\\price.ts:10'
    assert {"src/shop/cart.py", "code\\shop\\price.ts"} <= set(parse_request(trace).paths)


def test_a_pasted_log_is_cut_to_what_comes_first():
    found = parse_request("rounding is wrong\n" + " ".join(f"word{number}x" for number in range(100_000)))
    assert found.terms[0].said == "rounding"
    assert len(found.terms) <= 64
    assert len(found.pairs) <= 64


@given(st.text())
def test_any_text_is_a_request(text: str):
    assert all(term.weight > 0 and term.spellings for term in parse_request(text).terms)
