"""Expressions to call code with, by the kind of value: plain ones that a person would choose, edge cases among them."""

from __future__ import annotations

from typing import Dict, List  # Python 3.8 has no dict[...] outside annotations

Pools = Dict[str, List[str]]  # evaluated at run time, also by Python 3.8

POOLS: Pools = {
    "int": [
        "1",
        "0",
        "2",
        "3",
        "-1",
        "5",
        "10",
        "7",
        "100",
        "-4",
        "255",
        "1000",
        "12",
        "1234",
        "1234567",
        "10**9",
        "31",
    ],
    "float": [
        "1.5",
        "0.0",
        "-2.5",
        "0.25",
        "100.0",
        "3.0",
        "-0.75",
        "1e6",
        "0.001",
        "1234.5678",
        "1e-7",
        "0.1",
        "float('inf')",
        "1e18",
        "2.5",
    ],
    "bool": ["True", "False"],
    "str": [
        "'abc'",
        "''",
        "'a'",
        "'hello world'",
        "'Hello, World'",
        "'42'",
        "'-3.5'",
        "'a,b,c'",
        "'  padded  '",
        "'one\\ntwo'",
        "'snake_case_name'",
        "'CamelCaseName'",
        "'ÄÖü ß'",
        "'key=value'",
        "'a-b c_d'",
        "'aaa'",
        "'The quick brown fox'",
        "'ABC'",
        "'path/to/file.txt'",
        "'(a + b) * 2'",
        "'100%'",
        "'x' * 30",
    ],
    "bytes": ["b'abc'", "b''", "b'\\x00\\xff'", "b'hello world'"],
    "ints": [
        "[1, 2, 3]",
        "[]",
        "[1]",
        "[3, 1, 2]",
        "[1, 1, 2, 2, 3]",
        "[0, -1, 5, 2]",
        "[5, 4, 3, 2, 1]",
        "[0, 0]",
        "[1, 2, 3, 4, 5, 6, 7]",
    ],
    "floats": ["[1.5, 2.5, 4.0]", "[]", "[0.5]", "[1.0, -1.0, 2.25, 2.25]"],
    "strs": ["['a', 'b', 'c']", "[]", "['one']", "['b', 'a', 'b']", "['apple', 'Banana', 'cherry']", "['', 'a', '']"],
    "pairs": ["[('a', 1), ('b', 2)]", "[(1, 2), (3, 4)]", "[(1, 'x')]", "[('a', 1), ('a', 2)]"],
    "nested": ["[[1, 2], [3, 4]]", "[[1], [2, 3], []]", "[[1, [2]], 3]", "[[], [1]]", "[['a', 'b'], ['c', 'd']]"],
    "dict": [
        "{'a': 1, 'b': 2}",
        "{}",
        "{'a': {'b': 1}}",
        "{1: 'x', 2: 'y'}",
        "{'name': 'Ada', 'age': 36}",
        "{'a': [1, 2], 'b': None}",
    ],
    "set": ["{1, 2, 3}", "set()", "{'a'}", "{2, 3, 4}"],
    "tuple": ["(1, 2)", "()", "(1, 2, 3)", "('a', 'b')"],
    "none": ["None"],
    "function": [
        "lambda x: x",
        "lambda x: x % 2 == 0",
        "len",
        "str",
        "lambda x: x + 1",
        "lambda x, y: x + y",
        "bool",
        "lambda *each: each",
        "lambda: 1",
        "abs",
        "lambda x: x > 1",
    ],
    "type": ["int", "str", "list", "ValueError"],
    "datetime": [
        "datetime.datetime(2024, 2, 29, 12, 30, 15)",
        "datetime.datetime(2000, 1, 1)",
        "datetime.datetime(2023, 12, 31, 23, 59, 59, 999999)",
    ],
    "date": ["datetime.date(2024, 2, 29)", "datetime.date(2000, 1, 1)", "datetime.date(2023, 12, 31)"],
    "time": ["datetime.time(12, 30, 15)", "datetime.time(0, 0)"],
    "timedelta": [
        "datetime.timedelta(days=1)",
        "datetime.timedelta(seconds=90)",
        "datetime.timedelta(0)",
        "datetime.timedelta(days=-2, hours=3)",
        "datetime.timedelta(weeks=60, minutes=5)",
    ],
    "Decimal": ["decimal.Decimal('1.50')", "decimal.Decimal('0')", "decimal.Decimal('-3.25')"],
    "Fraction": ["fractions.Fraction(1, 3)", "fractions.Fraction(0)"],
    "Path": ["pathlib.PurePosixPath('a/b.txt')", "pathlib.PurePosixPath('/')", "pathlib.PurePosixPath('a/../c')"],
    "text_file": ["io.StringIO('one\\ntwo\\n')", "io.StringIO('')", "io.StringIO('a,b\\n1,2\\n')"],
    "binary_file": ["io.BytesIO(b'one\\ntwo\\n')", "io.BytesIO(b'')"],
    "exception": ["ValueError('wrong')", "KeyError('k')"],
    "complex": ["1 + 2j"],
    "pattern": ["re.compile('a+')", "re.compile('[0-9]')"],
    "range": ["range(5)", "range(0)", "range(10)"],
    "iterator": ["iter([1, 2, 3])", "iter([])", "iter('abc')"],
}

MODULES = ("datetime", "decimal", "fractions", "pathlib", "io", "re")
"""What these expressions name."""

UNKNOWN = ("ints", "str", "int", "strs", "function", "none", "dict", "pairs", "nested", "float", "bool", "range", "set")
"""The kinds tried where nothing is known of a parameter, likeliest first."""

BY_NAME = (
    (
        "ints strs str range pairs nested",
        (
            "iterable iterables seq sequence items values it iterator elements xs lst array data "
            "numbers nums list collection"
        ),
    ),
    (
        "int",
        (
            "n k i j count size length num number index start stop step width depth level max_len "
            "maxsize limit times r m year month day hour minute second offset position"
        ),
    ),
    (
        "str",
        (
            "s text string name word line sentence prefix suffix sep separator delimiter fmt format "
            "pattern title label path filename url key_name message msg char chars value_str encoding "
            "unit locale source code html label lang"
        ),
    ),
    (
        "function",
        (
            "func function f fn callback key pred predicate callable method keyfunc valuefunc "
            "reducefunc factory op operation validator"
        ),
    ),
    ("bool", "flag strict verbose reverse inclusive ignore_case keep_empty debug enabled force recursive"),
    (
        "float int",
        ("x y z a b value amount price rate ratio factor weight score total percent threshold tolerance lat lon angle"),
    ),
    ("dict", "d mapping dictionary dct kwargs options params headers config settings obj record row"),
    ("datetime", "dt when timestamp moment"),
    ("date", "date"),
    ("timedelta", "delta duration interval"),
    ("pairs", "pairs edges tuples"),
    ("nested", "matrix grid rows table"),
    ("bytes", "payload raw buf buffer blob"),
)

_KINDS_BY_NAME = {name: kinds.split() for kinds, names in BY_NAME for name in names.split()}


def kinds_by_name(name: str) -> list[str]:
    """What a parameter's name makes likely; [] if it says nothing."""
    word = name.strip("_").lower()
    if word in _KINDS_BY_NAME:
        return _KINDS_BY_NAME[word]
    if word.startswith(("is_", "has_", "use_", "allow_", "with_", "no_", "skip_", "keep_")):
        return ["bool"]
    last = word.rpartition("_")[2]
    if last in _KINDS_BY_NAME:
        return _KINDS_BY_NAME[last]
    return ["ints", "strs"] if word.endswith("s") and len(word) > 3 and word[:-1] in _KINDS_BY_NAME else []
