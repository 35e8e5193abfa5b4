"""The hierarchy of errors: everything Atlas raises on purpose is an `AtlasError`.

It stands below all rooms and imports nothing, so that what is wrong with a document is told before NumPy is loaded.
"""

from __future__ import annotations


class AtlasError(Exception):
    """Base of every error that Atlas raises on purpose."""


class ConfigurationError(AtlasError):
    """A document or argument is refused.

    Parameters
    ----------
    message : str
        The reason, in one sentence.
    path : str
        Where in the document, such as ``$.riskLimits.maxDrawdown``; empty when there is no document.
    """

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.message = message
        self.path = path


class DataError(AtlasError):
    """Data is missing, malformed or outside the limits of its representation."""


class RecordError(AtlasError):
    """Bytes are not the record they are said to be, or a record's layout is broken."""


class StrategyError(AtlasError):
    """A strategy failed in one of its hooks, or can't be built.

    Parameters
    ----------
    message : str
        Class and text of the original error.
    file : str
        File of the line that failed; empty when unknown.
    line : int
        One-based line; 0 when unknown.
    hook : str
        Name of the hook, such as ``on_bar``; empty when no hook was running.
    strategy : str
        Configured name of the strategy.
    """

    def __init__(self, message: str, file: str = "", line: int = 0, hook: str = "", strategy: str = "") -> None:
        place = f"{file}:{line}" if file else ""
        where = " ".join(part for part in (strategy, hook, place) if part)
        super().__init__(f"{where}: {message}" if where else message)
        self.message = message
        self.file = file
        self.line = line
        self.hook = hook
        self.strategy = strategy


class StrategyCompileError(StrategyError):
    """A hook can't be compiled; the message names the line and the reason."""


class InvalidRequestError(AtlasError):
    """A request is malformed by itself, whatever the state of the account: negative quantity, unknown instrument."""


class RiskError(AtlasError):
    """A risk limit is misstated, or was breached where the caller asked for an exception."""


class CapacityError(AtlasError):
    """A table, pool, queue or buffer of fixed capacity is full."""


class KernelError(AtlasError):
    """The kernel stopped with a status that no other class describes."""


class OverflowRangeError(KernelError):
    """A sum or product does not fit the whole numbers that hold it."""


class JournalError(AtlasError):
    """A journal can't be written, or its bytes are damaged."""


class RecoveryError(AtlasError):
    """A state can't be rebuilt from its snapshot and journal."""


class DivergenceError(RecoveryError):
    """A replay recomputed something else than what was recorded."""


class GatewayError(AtlasError):
    """A venue can't be reached, refused the session, or broke its protocol."""


class CodecError(GatewayError):
    """Bytes from a venue do not parse."""


class LeaseError(GatewayError):
    """The account is held by another process, or the lease has run out."""
