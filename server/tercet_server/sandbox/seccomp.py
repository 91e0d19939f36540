"""Turns the refused system calls into filters: a program (BPF) for the machine's own architecture, or a container's profile.

32-bit programs cannot run at all: their calls have other numbers. Importing pyseccomp loads libseccomp, so that happens
on use. Blocking.
"""

import json
import os
import platform
from typing import Any

from tercet_server.sandbox.system_calls import Rule, SharedHost, rules

ARCHITECTURES = {"x86_64": "SCMP_ARCH_X86_64", "aarch64": "SCMP_ARCH_AARCH64", "arm64": "SCMP_ARCH_AARCH64"}


def program(shared_host: SharedHost | None = None) -> bytes:
    """The filter as BPF. Raises RuntimeError or OSError if libseccomp is missing or fails."""
    import pyseccomp  # noqa: PLC0415  # loads libseccomp, looking for it with a subprocess

    built = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for rule in rules(shared_host):
        _add(pyseccomp, built, rule)
    with os.fdopen(os.memfd_create("seccomp"), "r+b", buffering=0) as file:
        built.export_bpf(file)
        file.seek(0)
        return file.read()


def profile() -> str:
    """The same as a seccomp profile of the Open Container Initiative, which container engines read."""
    architecture = ARCHITECTURES.get(platform.machine())
    return json.dumps(
        {
            "defaultAction": "SCMP_ACT_ALLOW",
            **({"architectures": [architecture]} if architecture else {}),
            "syscalls": [_described(rule) for rule in rules()],
        }
    )


def _add(pyseccomp: Any, built: Any, rule: Rule) -> None:
    try:
        number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, rule.call)
    except (OSError, ValueError):
        return  # a libseccomp older than the call
    if number >= 0:  # else the architecture lacks it
        arguments = [
            pyseccomp.Arg(
                each.argument,
                getattr(pyseccomp, each.operator),
                *((each.value,) if each.mask is None else (each.mask, each.value)),
            )
            for each in rule.conditions
        ]
        built.add_rule(pyseccomp.ERRNO(rule.error), number, *arguments)


def _described(rule: Rule) -> dict[str, Any]:
    return {
        "names": [rule.call],
        "action": "SCMP_ACT_ERRNO",
        "errnoRet": rule.error,
        "args": [
            {
                "index": each.argument,
                "op": f"SCMP_CMP_{each.operator}",
                "value": each.value if each.mask is None else each.mask,
                "valueTwo": 0 if each.mask is None else each.value,
            }
            for each in rule.conditions
        ],
    }
