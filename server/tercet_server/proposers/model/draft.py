"""The files as a model has them: the private copy's texts with its edits so far. In memory alone; writes nothing."""

import asyncio
from collections.abc import Iterator, Mapping

from tercet_shared.edits import ChangeSet
from tercet_shared.errors import EditRefused, NotFound, TooLarge, Unsupported

from tercet_server.edits import apply_edits, file_edit, from_reply
from tercet_server.ports import PrivateCopy
from tercet_server.proposers.model.permit import Permit


class Draft:
    """Only files that were read can be edited: an edit to a text that nobody has seen is a guess."""

    def __init__(self, copy: PrivateCopy, permit: Permit, shown: Mapping[str, str]) -> None:
        """`shown`: path → text of the files that the model has been shown."""
        self.permit = permit
        self._copy = copy
        self._base = dict(shown)
        self._texts: dict[str, str] = {}
        """What differs from the base."""
        self._earlier: dict[str, str] = {}

    async def begin_with(self, texts: Mapping[str, str]) -> None:
        """Begins where earlier steps ended: with these texts, whatever of them is new."""
        for path in texts:
            try:
                self._base[path] = await self._copy.read_text(path)
            except NotFound:
                self._base.pop(path, None)
        self._earlier = dict(texts)
        self.start_over()

    async def read(self, path: str) -> str:
        """The text as it is in the draft. Raises EditRefused, with the reason, for what is not shown."""
        if path in self._texts:
            return self._texts[path]
        if path not in self._base:
            against = self.permit.against_reading(path)
            if against is not None:
                raise EditRefused(against)
            try:
                self._base[path] = await self._copy.read_text(path)
            except (NotFound, TooLarge, Unsupported) as error:
                raise EditRefused(error.sentence) from None
        return self._base[path]

    async def land(self, reply: str) -> ChangeSet:
        """Takes the edits of a reply (or of a tool's arguments) into the draft: all, or none. What they change, as they stand.

        Raises EditRefused with what the model can do about it, TooLarge.
        """
        files = _Files({**self._base, **self._texts}, self.permit)
        landed = await asyncio.to_thread(from_reply, reply, files)
        for edit in landed.changes.files:
            against = self.permit.against_changing(edit.path)
            if against is not None:
                raise EditRefused(against)
        for edit in landed.changes.files:
            self._texts[edit.path] = apply_edits(files.get(edit.path, ""), edit.edits)
        return landed.changes

    def start_over(self) -> None:
        self._texts = dict(self._earlier)

    @property
    def is_touched(self) -> bool:
        """Whether anything was edited since the beginning."""
        return self._texts != self._earlier

    def change_set(self) -> ChangeSet | None:
        """All that the draft changes of the copy's texts, earlier steps included; None if the model has changed nothing."""
        if not self.is_touched:
            return None
        edits = [
            file_edit(path, self._base.get(path), text)
            for path, text in self._texts.items()
            if text != self._base.get(path)
        ]
        return ChangeSet(files=edits) if edits else None

    def texts(self) -> dict[str, str]:
        """path → text of every file that is changed or new."""
        return {path: text for path, text in self._texts.items() if text != self._base.get(path)}

    def creates(self) -> bool:
        """Whether a file of the draft is new."""
        return any(path not in self._base for path in self._texts)


class _Files(Mapping[str, str]):
    """The texts that were read or made, by name. That others exist is known too; asking for the text of one refuses the edit."""

    def __init__(self, known: Mapping[str, str], permit: Permit) -> None:
        self._known = known
        self._permit = permit

    def __getitem__(self, path: str) -> str:
        if path in self._known:
            return self._known[path]
        if path in self._permit.files:
            unread = f"You have not read {path}, so an edit of it would be a guess; read it first."
            raise EditRefused(self._permit.against_changing(path) or unread, path=path)
        raise KeyError(path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, path: object) -> bool:
        return path in self._known or path in self._permit.files
