"""Mutations of other languages: each seeded fault has its repair among the suggestions, and every suggestion can be parsed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tercet_server.languages import languages
from tercet_server.proposers.repair.files import TreeFile
from tercet_server.proposers.repair.pool import MutantPool
from tercet_server.proposers.repair.trees.dialect import dialect_of

KNOWN = ("javascript", "typescript", "tsx", "go", "java", "rust")


def mutants(path: str, text: str, line: int | None = None) -> list[str]:
    lines = range(text.count("\n")) if line is None else [line]
    pool = MutantPool.of({path: text}, {path: dict.fromkeys(lines, 1.0)})
    found = []
    while taken := pool.take(500):
        found += [pool.text(each) for each in taken]
    return found


def go(body: str) -> str:
    return f"package p\n\nfunc f(a []int, n int, m int) int {{\n\t{body}\n\treturn n\n}}\n"


def js(body: str) -> str:
    return f"export function f(a, n, m) {{\n  {body}\n  return n;\n}}\n"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("if (n > 3) return m;", "if (n >= 3) return m;"),
        ("if (n === 3) return m;", "if (n !== 3) return m;"),
        ("for (let i = 0; i < n; i++) m += i;", "for (let i = 0; i < n - 1; i++) m += i;"),
        ("for (let i = 0; i < n; i++) m += i;", "for (let i = 1; i < n; i++) m += i;"),
        ("for (let i = 0; i < n; i++) m += i;", "for (let i = 0; i < n; i++) m -= i;"),
        ("if (n && m) return 1;", "if (n || m) return 1;"),
        ("if (n) return 1;", "if (!n) return 1;"),
        ("m = a[n];", "m = a[n - 1];"),
        ("m = n + 1;", "m = n - 1;"),
        ("m = n - a.length;", "m = a.length - n;"),
        ("m = Math.floor(n / 2);", "m = Math.ceil(n / 2);"),
        ("m = g(n, m);", "m = g(m, n);"),
        ("m = n ? 1 : 2;", "m = n ? 2 : 1;"),
        ("m = n * (m + 1);", "m = n * m + 1;"),
        ("m = n * m + 1;", "m = n * (m + 1);"),
        ("m = true;", "m = false;"),
        ("m = n ?? 1;", "m = n || 1;"),
        ("m = a.push(n);", "m = a.unshift(n);"),
        ("m = a.size;", "m = a.length;"),
        ("g(n);", ""),
    ],
)
def test_a_fault_of_javascript_has_its_repair(wrong: str, right: str):
    assert js(right).split() in [each.split() for each in mutants("src/f.js", js(wrong), 1)]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("if n > 3 {\n\t\treturn m\n\t}", "if n >= 3 {\n\t\treturn m\n\t}"),
        ("if n == 3 {\n\t\treturn m\n\t}", "if n != 3 {\n\t\treturn m\n\t}"),
        ("for i := 0; i <= n; i++ {\n\t}", "for i := 0; i < n; i++ {\n\t}"),
        ("n = a[m]", "n = a[m-1]"),
        ("n = a[m]", "n = a[n]"),
        ("n += m", "n -= m"),
        ("n = max(n, m)", "n = min(n, m)"),
        ("copy(a[1:m], a)", "copy(a[1:m+1], a)"),
        ("n++", "n--"),
        ("n = m * 2", "if len(a) == 0 {\n\t\treturn 0\n\t}\n\tn = m * 2"),
    ],
)
def test_a_fault_of_go_has_its_repair(wrong: str, right: str):
    squeezed = ["".join(each.split()) for each in mutants("f.go", go(wrong))]
    assert "".join(go(right).split()) in squeezed


def test_rust_and_java_have_theirs():
    rust = "fn f(n: i64, m: i64) -> i64 {\n    if n > m { n } else { m }\n}\n"
    assert rust.replace("n > m", "n < m") in mutants("src/lib.rs", rust, 1)
    java = "class A {\n  int f(int[] a, int n) {\n    for (int i = 0; i <= n; i++) n += a[i];\n    return n;\n  }\n}\n"
    assert java.replace("<=", "<") in mutants("A.java", java, 2)


def test_the_edit_keeps_everything_else_as_it_was():
    text = "// gr\u00fc\u00dfe \U0001f600\nexport const f = (n) => {\n\treturn n  >  3 // why\n}\n"
    changed = [each for each in mutants("f.js", text, 2) if each == text.replace("n  >", "n  >=")]
    assert len(changed) == 1


def test_what_no_grammar_knows_has_no_mutants():
    assert mutants("a.py.txt", "x > 1\n") == []
    assert mutants("a.rb", "x > 1\n") == []
    assert mutants("a.js", "x" * 3_000_000) == []


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.sampled_from("f(){}[];=<>+-! \n\tn1a.,:?'\"/*\u00fc"), max_size=80),
    st.sampled_from(["a.js", "a.go", "a.rs", "A.java", "a.tsx"]),
)
def test_no_text_breaks_the_search(text: str, path: str):
    file = TreeFile.of(path, text)
    assert file is not None
    for ranked in file.ranked(dict.fromkeys(range(text.count("\n") + 1), 1.0), 500):
        mutation = ranked.mutation
        assert 0 <= mutation.start <= mutation.end <= len(text)


def test_every_row_of_the_table_can_be_read_and_names_what_the_grammar_has():
    named = {each.name for each in languages()}
    for name in KNOWN:
        dialect = dialect_of(name)
        assert dialect is not None
        assert set(dialect.languages) <= named
    assert dialect_of("python") is None


def test_a_title_says_what_changes_and_where():
    text = js("if (n > 3) return m;")
    pool = MutantPool.of({"f.js": text}, {"f.js": {1: 1.0}})
    titles = [pool.title(each) for each in pool.take(50)]
    assert "replace `>` by `>=` in f()" in titles
