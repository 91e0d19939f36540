"""What everyone else reads code with: the catalogue of languages, parsing, syntax errors, outlines and tags."""

from tercet_server.languages.catalogue import Language, language_of, languages
from tercet_server.languages.grammars import grammar_problem
from tercet_server.languages.outline import Symbol, outline
from tercet_server.languages.parsing import ParsedText, parse
from tercet_server.languages.syntax import SyntaxProblem, errors_of_change, grammar_errors, syntax_errors
from tercet_server.languages.tags import Definition, Reference, Tags, tags

__all__ = [
    "Definition",
    "Language",
    "ParsedText",
    "Reference",
    "Symbol",
    "SyntaxProblem",
    "Tags",
    "errors_of_change",
    "grammar_errors",
    "grammar_problem",
    "language_of",
    "languages",
    "outline",
    "parse",
    "syntax_errors",
    "tags",
]
