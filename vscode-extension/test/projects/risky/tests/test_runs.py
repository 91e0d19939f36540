from runs import listed


def test_a_folder_is_listed():
    assert listed() == 0
