"""The modules and paths that an import names, one by one: groups in braces are spelled out, renamings dropped."""

import re

_KEYWORDS = re.compile(r"^\s*(?:import|use)\s+(?:(?:function|const|static)\s+)?")
_RENAMED = re.compile(r"\s+as\s+.*$|\s*=>.*$", re.DOTALL)
_PATHS = 200


def import_paths(module: str, name: str = "") -> list[str]:
    """`module` as written; `name`: what is taken from it. At most 200 paths of one import."""
    written = " ".join(_KEYWORDS.sub("", module).strip("\"'<>; \t\r\n").split())
    if name:
        return [f"{written}{'' if written.endswith('.') else '.'}{name}"]
    paths = (_RENAMED.sub("", each).strip().removesuffix("::self") for each in _spelled_out(written))
    return [path for path in paths if path]


def _spelled_out(written: str) -> list[str]:
    """`a.{b, c.{d, e}}` as `a.b`, `a.c.d`, `a.c.e`."""
    paths: list[str] = []
    prefixes, current = [""], ""
    for character in written:
        if character == "{":
            prefixes.append(prefixes[-1] + current.strip())
            current = ""
        elif character in ",}":
            if current.strip():
                paths.append(prefixes[-1] + current.strip())
            current = ""
            if character == "}" and len(prefixes) > 1:
                prefixes.pop()
        else:
            current += character
        if len(paths) >= _PATHS:
            return paths
    if current.strip():
        paths.append(prefixes[-1] + current.strip())
    return paths
