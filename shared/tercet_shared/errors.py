"""The one tree of errors: a stable code, a sentence that tells a person what to do next, and whether to try again.

Mapped to HTTP in `tercet_server.api.problems`, to LSP in `tercet_lsp.convert`, to exit codes in `tercet_server.cli.exits`.
Standard library only.
"""

from typing import Any, ClassVar


class TercetError(Exception):
    """Base of every error that may reach a person. `str(error)` is the sentence; `data` is for machines (JSON values)."""

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False

    def __init__(self, sentence: str, **data: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.data = data


class InternalError(TercetError):
    """A fault of Tercet's own: the log has the traceback."""


class InvalidRequest(TercetError):
    """What was asked for is malformed."""

    code = "invalid_request"


class InvalidConfig(TercetError):
    """A setting or configuration file is wrong; names the file, the line and the key."""

    code = "invalid_config"


class NotAuthorized(TercetError):
    """The token is missing or wrong, or the request comes from a foreign Host or Origin."""

    code = "not_authorized"


class NotFound(TercetError):
    """No such run, proposal, workspace, file or test."""

    code = "not_found"


class NotTrusted(TercetError):
    """The workspace is not trusted, so nothing of it may run."""

    code = "not_trusted"


class Conflict(TercetError):
    """The thing is not in a state that allows this."""

    code = "conflict"


class StaleText(Conflict):
    """The text moved on since the edit was made for it."""

    code = "stale_text"


class AlreadyClaimed(Conflict):
    """Another client is applying this proposal, or has applied it."""

    code = "already_claimed"


class DirtyInEditor(Conflict):
    """An editor holds unsaved text of a file that would be written."""

    code = "dirty_in_editor"


class UndoConflict(Conflict):
    """Later edits overlap the ones to undo; nothing was changed."""

    code = "undo_conflict"


class EditRefused(TercetError):
    """An edit cannot be applied as it stands (overlapping, out of range, outside the workspace)."""

    code = "edit_refused"


class TooLarge(TercetError):
    """A file, text or request is over its limit."""

    code = "too_large"


class Unsupported(TercetError):
    """This intent, language, encoding or platform is not supported here."""

    code = "unsupported"


class NoTests(TercetError):
    """The workspace has no tests that could judge a change."""

    code = "no_tests"


class NothingFailing(TercetError):
    """There is no failing test to repair."""

    code = "nothing_failing"


class NoInterpreter(TercetError):
    """No Python interpreter was found that could run the workspace's tests."""

    code = "no_interpreter"


class SandboxUnavailable(TercetError):
    """No sandbox meets the isolation that the configuration demands."""

    code = "sandbox_unavailable"


class SandboxFailed(TercetError):
    """The sandbox itself broke down (not the code inside it)."""

    code = "sandbox_failed"
    retryable = True


class DeadlineExceeded(TercetError):
    """It took longer than it was allowed to."""

    code = "deadline_exceeded"
    retryable = True


class DiskFull(TercetError):
    """There is no room left on the device."""

    code = "disk_full"
    retryable = True


class WorkspaceGone(TercetError):
    """The workspace's folder has vanished or cannot be read."""

    code = "workspace_gone"


class NotWritable(TercetError):
    """A file or folder cannot be written (permissions, read-only mount)."""

    code = "not_writable"


class DaemonUnavailable(TercetError):
    """The daemon does not run, cannot be started or does not answer."""

    code = "daemon_unavailable"
    retryable = True


class VersionMismatch(TercetError):
    """Client and daemon are of different versions and the daemon is busy."""

    code = "version_mismatch"


class NoModel(TercetError):
    """No language model is configured for this, its key is missing, or the extra `models` is not installed."""

    code = "no_model"


class BudgetExceeded(TercetError):
    """The call could cost more than what is left of a cap, so it was not made."""

    code = "budget_exceeded"


class ModelFailed(TercetError):
    """A model's vendor did not answer as it should: it was busy, broke off, or could not be reached."""

    code = "model_failed"
    retryable = True


class ModelBusy(ModelFailed):
    """The vendor asks to wait; `data["retry_after_s"]` says how long, if it said so."""

    code = "model_busy"


class ModelRejected(ModelFailed):
    """The vendor refused the request as it stands: a wrong key, an unknown model, a malformed request."""

    code = "model_rejected"
    retryable = False


class ContextTooLong(ModelFailed):
    """The messages are longer than what the model can read."""

    code = "context_too_long"
    retryable = False


class ContentFiltered(ModelFailed):
    """The vendor's content filter withheld the answer, or the model refused to give one."""

    code = "content_filtered"
    retryable = False


def _tree(root: type[TercetError]) -> list[type[TercetError]]:
    return [root, *(leaf for child in root.__subclasses__() for leaf in _tree(child))]


def by_code(code: str) -> type[TercetError]:
    """The error class of a code read from a wire; `InternalError` for a code that this version does not know."""
    return next((each for each in all_errors() if each.code == code), InternalError)


def all_errors() -> list[type[TercetError]]:
    """Every class of the tree that stands for a code, in definition order."""
    return [each for each in _tree(TercetError) if each is not TercetError]
