"""Unsaved texts: kept per client, newer over older, the asking client's over the others', all over the disk."""

import asyncio

import pytest
from tercet_shared.edits import text_sha256
from tercet_shared.errors import Conflict, EditRefused, TooLarge, Unsupported
from tercet_shared.workspaces import OverlayRequest

from tests.doubles.workspace_ground import ALICE, BOB, Ground


async def test_the_users_own_unsaved_text_wins(ground: Ground):
    ground.put("a.py", "disk\n")
    assert await ground.service.current_text(ground.id, "a.py", ALICE) == "disk\n"
    await ground.type(ALICE, "a.py", "alice\n")
    await ground.type(BOB, "a.py", "bob\n")
    assert await ground.service.current_text(ground.id, "a.py", ALICE) == "alice\n"
    assert await ground.service.current_text(ground.id, "a.py", BOB) == "bob\n"
    assert await ground.service.current_text(ground.id, "a.py", None) == "bob\n"
    await ground.service.delete_overlay(ground.id, BOB, "a.py")
    assert await ground.service.current_text(ground.id, "a.py", BOB) == "alice\n"
    await ground.service.forget_client(ALICE)
    assert await ground.service.current_text(ground.id, "a.py", ALICE) == "disk\n"


async def test_a_file_that_was_never_saved_has_a_text(ground: Ground):
    assert await ground.service.current_text(ground.id, "new/b.py", ALICE) is None
    await ground.type(ALICE, "new/b.py", "x")
    assert await ground.service.current_text(ground.id, "new/b.py", ALICE) == "x"


async def test_versions_must_grow_until_the_document_is_closed(ground: Ground):
    await ground.type(ALICE, "a.py", "two", version=2)
    for version in (1, 2):
        with pytest.raises(Conflict, match="not newer than version 2"):
            await ground.type(ALICE, "a.py", "old", version=version)
    await ground.type(BOB, "a.py", "other editor", version=1)
    await ground.service.delete_overlay(ground.id, ALICE, "a.py")
    await ground.type(ALICE, "a.py", "opened again", version=1)
    assert await ground.service.current_text(ground.id, "a.py", ALICE) == "opened again"


async def test_the_receipt_names_what_was_received(ground: Ground):
    request = OverlayRequest(client_id=ALICE, path="a.py", version=7, text="é\r\n")
    receipt = await ground.service.put_overlay(ground.id, request)
    assert (receipt.path, receipt.version, receipt.text_sha256) == ("a.py", 7, text_sha256("é\r\n"))


async def test_a_text_that_is_too_large_is_refused(ground: Ground):
    with pytest.raises(TooLarge, match="over 10 MB"):
        await ground.type(ALICE, "a.py", "é" * (6 * 1024**2))


async def test_links_out_of_the_workspace_are_refused_with_a_sentence(ground: Ground):
    outside = ground.root.parent / "secret.py"
    outside.write_text("secret")
    (ground.root / "file.py").symlink_to(outside)
    (ground.root / "folder").symlink_to(ground.root.parent)
    for path in ("file.py", "folder/secret.py", "folder/new.py"):
        with pytest.raises(EditRefused, match="link out of the workspace"):
            await ground.type(ALICE, path, "x")
        with pytest.raises(EditRefused, match="link out of the workspace"):
            await ground.service.current_text(ground.id, path, ALICE)


@pytest.mark.parametrize("path", ["../a.py", "/etc/passwd", "a//b", "a/./b", "", "C:/a", "a\\b", "a\x00"])
async def test_malformed_paths_are_refused(ground: Ground, path: str):
    with pytest.raises(EditRefused, match="not a path inside"):
        await ground.service.current_text(ground.id, path, None)


async def test_what_is_no_text_file_is_refused_with_a_sentence(ground: Ground):
    ground.put("latin.py", b"caf\xe9")
    ground.put("binary.py", b"\x00\x01")
    ground.put("large.py", b"x" * (10 * 1024**2 + 1))
    (ground.root / "folder").mkdir()
    (ground.root / "loop").symlink_to("loop")
    (ground.root / "device").symlink_to("/dev/zero")
    for path, error, sentence in [
        ("latin.py", Unsupported, "latin.py: The file is not UTF-8"),
        ("binary.py", Unsupported, "binary"),
        ("large.py", TooLarge, "over 10 MB"),
        ("folder", EditRefused, "no regular file"),
        ("loop", EditRefused, "no regular file"),
        ("device", EditRefused, "link out of the workspace"),
    ]:
        with pytest.raises(error, match=sentence):
            await ground.service.current_text(ground.id, path, None)


async def test_dirty_is_what_differs_from_the_disk(ground: Ground):
    ground.put("same.py", "same\n")
    ground.put("crlf.py", "a\r\n")
    ground.put("latin.py", b"caf\xe9")
    await ground.type(ALICE, "same.py", "same\n")
    await ground.type(ALICE, "crlf.py", "a\n")
    await ground.type(BOB, "same2.py", "unsaved file")
    await ground.type(BOB, "latin.py", "café")
    paths = ["same.py", "crlf.py", "same2.py", "untouched.py", "latin.py"]
    assert await ground.service.dirty_paths(ground.id, paths) == ["crlf.py", "same2.py", "latin.py"]
    await ground.type(BOB, "same.py", "changed\n")
    assert "same.py" in await ground.service.dirty_paths(ground.id, paths)


async def test_a_file_that_is_open_under_two_names_is_one_file(ground: Ground):
    ground.put("real/a.py", "disk\n")
    (ground.root / "link.py").symlink_to("real/a.py")
    await ground.type(ALICE, "link.py", "typed\n")
    assert await ground.service.current_text(ground.id, "real/a.py", None) == "typed\n"
    assert await ground.service.dirty_paths(ground.id, ["real/a.py", "link.py"]) == ["real/a.py", "link.py"]


async def test_texts_that_arrive_at_once_are_taken_in_their_order(ground: Ground):
    await asyncio.gather(*(ground.type(ALICE, "a.py", str(version), version) for version in range(1, 30)))
    assert await ground.service.current_text(ground.id, "a.py", ALICE) == "29"
