"""Finding the children of a process, on kernels that list them and on those that do not."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from tercet_server.sandbox import proctree


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.communicate(b"\n")


def test_a_scan_of_all_processes_finds_what_the_kernel_lists(child: subprocess.Popen[bytes]):

    mine = os.getpid()
    assert child.pid in proctree._children_by_scan()(mine)
    assert child.pid in list(proctree._children_by_kernel(mine))


def test_a_process_that_is_gone_has_no_children_and_no_start(child: subprocess.Popen[bytes]):
    gone = 2**22 + 1
    assert list(proctree._children_by_kernel(gone)) == []
    assert proctree._children_by_scan()(gone) == []
