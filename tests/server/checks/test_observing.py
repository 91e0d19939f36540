"""What variants do with other arguments than those of the tests."""

PROJECT = {
    "search.py": """
        def find(items, x):
            low, high = 0, len(items)
            while low < high:
                middle = (low + high) // 2
                if x < items[middle]:
                    high = middle
                elif x > items[middle]:
                    low = middle
                else:
                    return middle
            return -1


        def each(items):
            yield from items


        class Stack:
            def __init__(self, items):
                self.items = items

            def push(self, x):
                self.items.append(x)
        """,
    "test_search.py": """
        from search import Stack, each, find


        def test_found():
            assert find([1, 3, 5, 7, 9], 3) == 1


        def test_others():
            stack = Stack([1])
            stack.push(2)
            assert list(each(stack.items)) == [1, 2]
        """,
}


async def test_variants_are_told_apart_by_what_the_tests_do_not_say(open_session, tmp_path):
    tests = ["test_search.py::test_found", "test_search.py::test_others"]
    async with open_session(PROJECT) as session:
        await session.run(tests, per_test_s=5, deadline_s=60)
        base = (tmp_path / "original" / "search.py").read_text()

        async def observed(text):
            return await session.observe(tests, texts={"search.py": text}, deadline_s=30)

        same, again = await observed(base), await observed(base)
        right = await observed(base.replace("low = middle", "low = middle + 1"))
        wrong = await observed(base.replace("low < high", "low < high - 1"))
        broken = await observed(base.replace("yield from items", "yield items"))
        outside = await observed("import os\n" + base)
    assert same == again
    assert len(same) == len(right) == len(wrong) == len(broken) > 20
    assert any(word == "late" for word in same), "some inputs are sought for ever"
    assert all(new == old for new, old in zip(right, same, strict=True) if old != "late")
    assert any(new != old for new, old in zip(wrong, same, strict=True) if old != "late")
    assert broken != same
    assert outside == []
