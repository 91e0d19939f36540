"""What the exit code of `tercet` means, and which error ends with which. The one place that knows; light to import."""

from enum import IntEnum

from tercet_shared import errors


class Exit(IntEnum):
    OK = 0
    FAILED = 1
    """The run ended without a proposal, or something broke."""
    USAGE = 2
    """What was asked for is malformed, unknown or unsupported."""
    NOT_TRUSTED = 3
    CONFLICT = 4
    """The text or the proposal moved on; nothing was changed."""
    DAEMON = 5
    """The daemon does not answer, refuses this client or is of another version."""
    ENVIRONMENT = 6
    """Something that a run needs is missing: an interpreter, tests, a sandbox, room on the disk."""
    AGAINST = 7
    """A review of changes says: not as it is."""
    UNDECIDED = 8
    """A plan or a proposal waits for you, though it was to be applied at once: it is risky, or every plan is to wait."""
    INTERRUPTED = 130
    """Ctrl-C: the run was cancelled, or goes on where the message says so."""
    BROKEN_PIPE = 141
    """The reader of the output went away."""


OF_ERROR: dict[type[errors.TercetError], Exit] = {
    errors.InternalError: Exit.FAILED,
    errors.InvalidRequest: Exit.USAGE,
    errors.InvalidConfig: Exit.USAGE,
    errors.NotAuthorized: Exit.DAEMON,
    errors.NotFound: Exit.USAGE,
    errors.NotTrusted: Exit.NOT_TRUSTED,
    errors.Conflict: Exit.CONFLICT,
    errors.StaleText: Exit.CONFLICT,
    errors.AlreadyClaimed: Exit.CONFLICT,
    errors.DirtyInEditor: Exit.CONFLICT,
    errors.UndoConflict: Exit.CONFLICT,
    errors.EditRefused: Exit.CONFLICT,
    errors.TooLarge: Exit.USAGE,
    errors.Unsupported: Exit.USAGE,
    errors.NoTests: Exit.ENVIRONMENT,
    errors.NothingFailing: Exit.OK,
    errors.NoInterpreter: Exit.ENVIRONMENT,
    errors.SandboxUnavailable: Exit.ENVIRONMENT,
    errors.SandboxFailed: Exit.ENVIRONMENT,
    errors.DeadlineExceeded: Exit.FAILED,
    errors.DiskFull: Exit.ENVIRONMENT,
    errors.WorkspaceGone: Exit.ENVIRONMENT,
    errors.NotWritable: Exit.ENVIRONMENT,
    errors.DaemonUnavailable: Exit.DAEMON,
    errors.VersionMismatch: Exit.DAEMON,
    errors.NoModel: Exit.ENVIRONMENT,
    errors.BudgetExceeded: Exit.ENVIRONMENT,
    errors.ModelFailed: Exit.FAILED,
    errors.ModelBusy: Exit.FAILED,
    errors.ModelRejected: Exit.ENVIRONMENT,
    errors.ContextTooLong: Exit.FAILED,
    errors.ContentFiltered: Exit.FAILED,
}
"""Every error of the tree. Nothing failing is what a repair wants to reach, hence success."""


def exit_of(error: errors.TercetError) -> Exit:
    return OF_ERROR.get(type(error), Exit.FAILED)


def exit_of_code(code: str) -> Exit:
    """The exit for an error that came as a code, such as a run's stored problem."""
    return OF_ERROR.get(errors.by_code(code), Exit.FAILED)
