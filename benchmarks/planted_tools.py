"""Lists what an independent mutation tool makes of a library's files; runs in an interpreter with the tool, and nothing of Tercet.

`python planted_tools.py mutmut|cosmic-ray SEED PATH...` in the library's folder writes a JSON object a line, in an order drawn
by the seed: `{"path", "operator", "text"}`, the text of the whole file with one change.
"""

import json
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

Mutant = tuple[str, str, Callable[[], "str | None"]]
"""Path, operator, and what writes the changed text."""


def main() -> None:
    tool, seed, paths = sys.argv[1], sys.argv[2], sys.argv[3:]
    texts = {path: Path(path).read_bytes().decode("utf-8") for path in paths}
    list_mutants = {"mutmut": mutmut_mutants, "cosmic-ray": cosmic_ray_mutants}[tool]
    mutants = [mutant for path, text in sorted(texts.items()) for mutant in list_mutants(path, text)]
    random.Random(seed).shuffle(mutants)
    for path, operator, write in mutants:
        text = write()
        if text is not None and text != texts[path]:
            print(json.dumps({"path": path, "operator": operator, "text": text}), flush=True)


def mutmut_mutants(path: str, text: str) -> Iterator[Mutant]:
    """mutmut does not name its operators."""
    from mutmut import Context, list_mutations, mutate  # noqa: PLC0415  # the tool asked for alone is installed

    def writer(identifier: object) -> Callable[[], "str | None"]:
        return lambda: mutate(Context(source=text, filename=path, mutation_id=identifier))[0]

    for identifier in list_mutations(Context(source=text, filename=path)):
        yield path, "mutmut", writer(identifier)


def cosmic_ray_mutants(path: str, text: str) -> Iterator[Mutant]:
    """Of the operators that need no arguments."""
    from cosmic_ray.ast import ast_nodes, get_ast  # noqa: PLC0415  # the tool asked for alone is installed
    from cosmic_ray.mutating import mutate_code  # noqa: PLC0415  # the tool asked for alone is installed
    from cosmic_ray.plugins import get_operator, operator_names  # noqa: PLC0415  # the tool asked for alone is installed

    def writer(operator: object, occurrence: int) -> Callable[[], "str | None"]:
        return lambda: mutate_code(text, operator, occurrence)

    nodes = list(ast_nodes(get_ast(text)))
    for name in sorted(operator_names()):
        kind = get_operator(name)
        if not kind.arguments():
            operator = kind()
            number = sum(len(list(operator.mutation_positions(node))) for node in nodes)
            yield from ((path, name, writer(operator, occurrence)) for occurrence in range(number))


if __name__ == "__main__":
    main()
