"""What everyone else reads code with: the catalogue of languages, parsing, syntax errors and outlines."""

from tercet_server.languages.catalogue import Language, language_of, languages
from tercet_server.languages.outline import Symbol, outline
from tercet_server.languages.parsing import ParsedText, parse
from tercet_server.languages.syntax import SyntaxProblem, grammar_errors, syntax_errors

__all__ = [
    "Language",
    "ParsedText",
    "Symbol",
    "SyntaxProblem",
    "grammar_errors",
    "language_of",
    "languages",
    "outline",
    "parse",
    "syntax_errors",
]
