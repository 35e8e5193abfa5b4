"""The one interface that live trading has with a venue."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from atlas.records.enums import NULL
from atlas.records.kinds import Kind
from atlas.records.reports import CANCEL_REJECT, EXECUTION_REPORT

Record = bytes
"""One record: 1 to 4 rows of 64 bytes."""

RecordKey = tuple[int, int, int]
"""What tells one record from the others of its time, see `record_key`."""


def offset_of(dtype: Any, name: str) -> int:
    """Byte offset of a field."""
    return int(dtype.fields[name][1])


REPORT_ID_OFFSETS: Final[dict[int, int]] = {
    Kind.EXECUTION_REPORT: offset_of(EXECUTION_REPORT, "execution_id"),
    Kind.CANCEL_REJECT: offset_of(CANCEL_REJECT, "sequence"),
}
"""Where a report says which of the venue's it is; 0 there: an answer about a state, which is no news."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a run has got, for a gateway that is connected again.

    Parameters
    ----------
    time_ns : int
        Largest local time that was journaled, ns UTC; NULL for none.
    seen : collection of tuple of int
        `record_key` of each record journaled with that time: what the venue need not bring again.
    """

    time_ns: int = NULL
    seen: Collection[RecordKey] = frozenset()


def record_key(record: Record) -> RecordKey:
    """Tell one record from the others of its time: kind, instrument and, of a report, the venue's id of it."""
    kind = record[20]
    offset = REPORT_ID_OFFSETS.get(kind)
    if offset is not None:
        return kind, 0, int.from_bytes(record[offset : offset + 8], "little", signed=True)
    return kind, int.from_bytes(record[16:20], "little"), record[21]


class Gateway(Protocol):
    """What a venue is to live trading.

    Every method may raise `GatewayError` when the venue can't be reached, and `LeaseError` when it answers to a later
    epoch. Nothing is sent twice by itself: whether to send again is decided above, after asking.
    """

    def connect(self, epoch: int, position: Position) -> None:
        """Open the session.

        Parameters
        ----------
        epoch : int
            Boot epoch; the venue, or whatever stands before it, refuses smaller ones from now on.
        position : Position
            Where to go on.
        """
        ...

    def now_ns(self) -> int:
        """Time that is stamped on what arrives now, ns UTC; never smaller than before."""
        ...

    def poll(self) -> Sequence[Record] | None:
        """Take market data and reports that have arrived, in order; None when the session is over for good."""
        ...

    def send(self, command: Record) -> None:
        """Hand one command to the network; that it got there is known by reports only."""
        ...

    def ask(self, request: Record) -> Sequence[Record]:
        """Ask about one order or request.

        Parameters
        ----------
        request : bytes
            An ORDER_STATUS_REQUEST whose `client_order_id` is an order's id or that of a cancel or replacement.

        Returns
        -------
        sequence of bytes
            Reports missed so far, then an EXECUTION_REPORT with transaction type STATUS; its status is REJECTED with
            reason VENUE_UNKNOWN_ORDER where the venue knows nothing by that id. Empty when there was no answer.
        """
        ...

    def open_orders(self) -> Sequence[Record]:
        """Orders that work at the venue, each an EXECUTION_REPORT with transaction type STATUS."""
        ...

    def close(self) -> None:
        """End the session."""
        ...
