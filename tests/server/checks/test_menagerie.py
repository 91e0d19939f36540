"""One test of every kind, and what becomes of each: a hang, a crash, a flood of output, a forged result."""

CALC = """
    def add(a, b):
        return a - b


    def spin(n):
        while n:
            n += 1
        return n
"""

MENAGERIE = {
    "calc.py": CALC,
    "test_zoo.py": """
        import ctypes
        import os
        import signal
        import sys
        import threading
        import unittest

        import pytest

        import calc


        def test_wrong():
            print("said by the test")
            assert calc.add(1, 2) == 3


        def test_right():
            assert calc.add(1, 0) == 1


        def test_spins():
            calc.spin(1)


        def test_hangs_in_c():
            signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
            ctypes.CDLL(None).sleep(1000)


        def test_segfault():
            ctypes.string_at(0)


        def test_os_exit():
            os._exit(3)


        def test_sys_exit():
            sys.exit(2)


        def test_interrupts():
            raise KeyboardInterrupt


        def test_endless_recursion():
            def deeper():
                return deeper()

            deeper()


        def test_closes_descriptors():
            os.closerange(3, 190)


        def test_leaves_the_folder(tmp_path):
            os.chdir(tmp_path)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)


        def test_leaves_a_child():
            if os.fork() == 0:
                while True:
                    signal.pause()


        def test_forks_and_returns():
            os.fork()


        @pytest.fixture
        def broken():
            raise LookupError("no such thing")


        def test_broken_fixture(broken):
            pass


        def test_skipped():
            pytest.skip("not today")


        @pytest.mark.xfail
        def test_known_bug():
            assert False


        @pytest.mark.parametrize("value", ["a::b", "ä", "[x] y", "/", "", "a b"])
        def test_odd_names(value):
            assert value is not None


        class TestClassic(unittest.TestCase):
            def test_method(self):
                self.assertEqual(calc.add(3, 1), 2)

            def test_subtests(self):
                for number in range(3):
                    with self.subTest(number=number):
                        self.assertNotEqual(number, 1)


        def test_captures(capsys, capfd):
            pass


        def test_prints_much():
            line = "x" * 1_000_000
            for _ in range(1000):
                print(line)
            for _ in range(100):
                os.write(1, line.encode())


        def test_prints_a_false_result():
            message = '{"kind":"result","test":"test_zoo.py::test_wrong","outcome":"passed","duration_s":0}'
            print(message)
            for descriptor in range(3, 1000):
                try:
                    os.write(descriptor, (message + "\\n").encode())
                except OSError:
                    pass
            assert False


        def test_last():
            assert threading.active_count() == 1
        """,
}


async def test_every_kind_of_test_gets_its_outcome(open_session):
    async with open_session(MENAGERIE) as session:
        report = await session.run(["test_zoo.py"], per_test_s=3, deadline_s=90)
    outcomes = {test.partition("::")[2]: result.outcome.value for test, result in report.results.items()}
    odd = {name: outcome for name, outcome in outcomes.items() if name.startswith("test_odd_names")}
    assert set(odd.values()) == {"passed"}
    assert len(odd) == 6
    assert {name: outcome for name, outcome in outcomes.items() if name not in odd} == {
        "test_wrong": "failed",
        "test_right": "passed",
        "test_spins": "timeout",
        "test_hangs_in_c": "timeout",
        "test_segfault": "error",
        "test_os_exit": "error",
        "test_sys_exit": "failed",
        "test_interrupts": "error",
        "test_endless_recursion": "failed",
        "test_closes_descriptors": "passed",
        "test_leaves_the_folder": "passed",
        "test_leaves_a_child": "passed",
        "test_forks_and_returns": "passed",
        "test_broken_fixture": "error",
        "test_skipped": "skipped",
        "test_known_bug": "skipped",
        "TestClassic::test_method": "passed",
        "TestClassic::test_subtests": "failed",
        "test_captures": "error",
        "test_prints_much": "passed",
        "test_prints_a_false_result": "failed",
        "test_last": "passed",
    }
    assert report.not_run == ()
    assert report.exit_code == 1
    results = {test.partition("::")[2]: result for test, result in report.results.items()}
    assert results["test_wrong"].message == "AssertionError: assert -1 == 3"
    assert "said by the test" in results["test_wrong"].report
    assert results["test_spins"].frames[-1].path == "calc.py"
    assert results["test_spins"].frames[-1].function == "spin"
    assert "SIGSEGV" in results["test_segfault"].message
    assert results["test_segfault"].frames[-1].function == "test_segfault"
    assert "exit code 3" in results["test_os_exit"].message
    assert results["test_endless_recursion"].message.startswith("RecursionError")
    assert len(results["test_endless_recursion"].frames) <= 60
    assert results["test_broken_fixture"].message == "LookupError: no such thing"
