"""Writes the pages of this room from the layouts and rules themselves: ``python -m atlas.records.document docs``."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import Final

from atlas.records import enums, layout
from atlas.records.enums import LAYOUT_VERSION, OrderStatus, PendingFlag
from atlas.records.kinds import KIND_RANK, Kind
from atlas.records.layout import HEADER, RecordLayout
from atlas.records.order_states import (
    CLOSED,
    EVENT_MEANINGS,
    OUTWARD_STATUS,
    RULES,
    STATUS_PRECEDENCE,
    VALID_STATES,
    OrderEvent,
    state_name,
)

_GROUPS: Final = (
    ("Market data", range(1, 50)),
    ("Commands", range(50, 70)),
    ("Reports", range(70, 100)),
    ("Reference data, sessions, corporate actions, clock", range(100, 150)),
    ("Operator and process", range(150, 200)),
    ("Outputs", range(200, 240)),
)

_RECORDS_INTRODUCTION: Final = f"""# Records

This page is written by `python -m atlas.records.document docs` from the layouts themselves; a test holds it up
to date.

Everything that happens is rows of 64 bytes, little-endian. Layout version: {LAYOUT_VERSION}. A row begins with
the same 24 bytes; five 8-byte slots follow, some of them split into smaller fields. A kind of two to four rows
repeats the header in each further row (`row2_…` to `row4_…`), where `flags` has CONTINUED set; its rows are
published, journaled and applied as one. There is no byte without a name: `reserved_…` bytes are zero.

**Units.** *price units* are the price times 10 to the instrument's price exponent (9 by default), *quantity
units* the quantity times 10 to its quantity exponent (8), *currency steps* the amount times 10 to the
currency's exponent (8, or 2 where a venue posts cents). Times are nanoseconds since 1970-01-01 UTC. *string id*
and *id* point to STRING records where they come from outside.

**Nulls.** `NULL` is -2⁶³, the least int64; `NaN` is any NaN; `0` means that zero stands for absent.

**Versions.** Enumerations and kinds are never renumbered. A change of any table on this page raises the layout
version; golden records of every kind hold the bytes.
"""

_ORDERS_INTRODUCTION: Final = """# Orders

The tables of this page are written by `python -m atlas.records.document docs` from
`atlas.records.order_states`; a test holds them up to date.

An order has one *base state* and two *pending flags*, `PENDING_CANCEL` and `PENDING_REPLACE`, which say that an
answer is awaited. They are added in one byte, so a partly filled order whose cancel is under way is
`PARTIAL_FILL+PENDING_CANCEL`. What the outside is told is one word: of all statuses that hold, the one with the
highest FIX precedence.

- **Requests and reports.** An event that isn't in the table is illegal. An illegal *request* raises
  (`InvalidRequestError`) or is refused with a reason; an illegal *report* of a venue is quarantined, counted
  and alerted, and changes nothing.
- **Fill before acknowledgement.** A fill in `PENDING_NEW` acknowledges the order; the acknowledgement that
  comes later changes nothing.
- **Fill while a request is pending.** The fill moves the base state and keeps the flags: the answer to the
  request is still to come. An order filled meanwhile is `FILLED+PENDING_CANCEL` until the venue refuses the
  cancel; nothing is open, so risk has released it already. Where a replacement raised the quantity, its
  acceptance opens the order again.
- **Refused requests.** A refusal takes away its flag and leaves the base state as it is.
- **Unsolicited cancels.** A cancel nobody asked for, or one by the venue's own rules, has an event of its own,
  so that the audit shows who asked. Cancellation, refusal and expiry clear both flags; answers that still
  arrive change nothing.
- **Busts and corrections.** They reverse position, cash and fees. A bust reopens a filled order
  (`PARTIAL_FILL`, or `ACKNOWLEDGED` when no fill remains) where the venue says that quantity is open, and
  closes it where the venue says it isn't. On a canceled or expired order they change amounts only.
- **In doubt.** No answer, or the connection broke: the order counts for risk and stays so until the venue was
  asked. No timeout resolves it. The venue's answer (a status report, any other report of it, or its absence
  from a complete list) does.
- **Late reports.** A fill that arrives after a cancel or expiry is booked; the order stays closed, or becomes
  `FILLED` when that completes it. Anything but a refusal after `REJECTED` is illegal.
- **One request of a kind at a time.** FIX lets several replacements be under way at once; Atlas sends the next
  when the last one is answered. A cancel may follow a replacement at any time.

```mermaid
stateDiagram-v2
    [*] --> NEW: SUBMIT
    NEW --> REJECTED: RISK_REJECT
    NEW --> PENDING_NEW: SENT
    PENDING_NEW --> ACKNOWLEDGED: ACKNOWLEDGE
    PENDING_NEW --> REJECTED: REJECT
    PENDING_NEW --> PARTIAL_FILL: FILL_PARTIAL
    ACKNOWLEDGED --> PARTIAL_FILL: FILL_PARTIAL
    ACKNOWLEDGED --> FILLED: FILL_COMPLETE
    PARTIAL_FILL --> FILLED: FILL_COMPLETE
    FILLED --> PARTIAL_FILL: BUST
    FILLED --> ACKNOWLEDGED: BUST_ALL
    state "ACKNOWLEDGED or PARTIAL_FILL\\n+PENDING_CANCEL" as cancelling
    state "ACKNOWLEDGED or PARTIAL_FILL\\n+PENDING_REPLACE" as replacing
    ACKNOWLEDGED --> cancelling: CANCEL_REQUEST
    PARTIAL_FILL --> cancelling: CANCEL_REQUEST
    cancelling --> CANCELED: CANCEL_ACCEPT
    cancelling --> ACKNOWLEDGED: CANCEL_REFUSE
    cancelling --> PARTIAL_FILL: CANCEL_REFUSE
    ACKNOWLEDGED --> replacing: REPLACE_REQUEST
    PARTIAL_FILL --> replacing: REPLACE_REQUEST
    replacing --> ACKNOWLEDGED: REPLACE_ACCEPT / REFUSE
    replacing --> PARTIAL_FILL: REPLACE_ACCEPT / REFUSE
    ACKNOWLEDGED --> SUSPENDED: SUSPEND
    SUSPENDED --> ACKNOWLEDGED: RESUME
    ACKNOWLEDGED --> DONE_FOR_DAY: DONE_FOR_DAY
    DONE_FOR_DAY --> ACKNOWLEDGED: RESUME
    ACKNOWLEDGED --> EXPIRED: EXPIRE
    PARTIAL_FILL --> EXPIRED: EXPIRE
    PENDING_NEW --> IN_DOUBT: DOUBT
    IN_DOUBT --> ACKNOWLEDGED: RESOLVE_LIVE
    IN_DOUBT --> PARTIAL_FILL: RESOLVE_PARTIAL
    IN_DOUBT --> FILLED: RESOLVE_FILLED
    IN_DOUBT --> CANCELED: RESOLVE_UNKNOWN
    IN_DOUBT --> PENDING_NEW: RESOLVE_RESEND
```
"""


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _field_rows(record: RecordLayout) -> Iterator[tuple[str, ...]]:
    header_names = {field.name for field in HEADER}
    for offset, field in zip(record.offsets, record.fields, strict=True):
        meaning = record.header.get(field.name, field.meaning) if field.name in header_names else field.meaning
        if field.name == "flags" and field.name in record.header:
            meaning = f"CONTINUED 1, {meaning}, WARM_UP 32768"
        yield (str(offset), str(field.size), field.format, f"`{field.name}`", field.unit, field.null, meaning)


def _kind_section(record: RecordLayout) -> str:
    plural = "row" if record.rows == 1 else "rows"
    head = f"### {record.kind.name} = {int(record.kind)}\n\n{record.purpose} {record.rows} {plural}"
    head += f", rank {KIND_RANK[record.kind]} among events of one time.\n\n"
    return head + _table(("offset", "size", "type", "field", "unit", "null", "meaning"), _field_rows(record))


def _enumerations() -> list[type[IntEnum]]:
    members = [member for _, member in inspect.getmembers(enums, inspect.isclass)]
    return [member for member in members if issubclass(member, IntEnum) and member is not IntEnum]


def _enumeration_section(enumeration: type[IntEnum]) -> str:
    values = ", ".join(f"{member.name} {member.value}" for member in enumeration)
    summary = (enumeration.__doc__ or "").strip().splitlines()[0]
    return f"**{enumeration.__name__}**: {summary} {values}.\n"


def records_page() -> str:
    """Return the text of `docs/records.md`."""
    parts = [_RECORDS_INTRODUCTION]
    for title, numbers in _GROUPS:
        kinds = [kind for kind in Kind if kind in numbers]
        parts.append(f"## {title}\n")
        parts += [_kind_section(layout.RECORDS[kind]) for kind in kinds]
    parts.append("## Enumerations\n\n0 always stands for absent.\n")
    parts += [_enumeration_section(enumeration) for enumeration in _enumerations()]
    parts.append(_enumeration_section(OrderEvent))
    return "\n".join(parts)


def _flag_names(flags: int) -> str:
    return ", ".join(flag.name for flag in PendingFlag if flags & flag)


def _moves(moves: dict[int, int]) -> Iterator[str]:
    sources: dict[int, list[str]] = {}
    for before, after in sorted(moves.items()):
        if before != after:
            sources.setdefault(after, []).append(state_name(before))
    for after, befores in sources.items():
        yield f"{', '.join(befores)} → **{state_name(after)}**"
    unmoved = [state_name(before) for before, after in sorted(moves.items()) if before == after]
    if unmoved:
        yield f"unmoved: {', '.join(unmoved)}"


def _rule_rows() -> Iterator[tuple[str, ...]]:
    for rule in sorted(RULES, key=lambda rule: rule.event):
        cell = "<br>".join(_moves(rule.moves))
        flags = [_flag_names(mask) for mask in (rule.need, rule.forbid, rule.add, rule.clear)]
        yield (f"{rule.event.name} {int(rule.event)}", EVENT_MEANINGS[rule.event], cell, *flags)


def orders_page() -> str:
    """Return the text of `docs/orders.md`."""
    states = _table(
        ("byte", "state", "told outside as (FIX 39)", "closed"),
        (
            (
                str(state),
                state_name(state),
                OrderStatus(int(OUTWARD_STATUS[state])).name,
                "yes" if CLOSED[state] else "no",
            )
            for state in VALID_STATES
        ),
    )
    ranking = sorted(STATUS_PRECEDENCE.items(), key=lambda item: -item[1])
    precedence = ", ".join(f"{status.name} {rank}" for status, rank in ranking)
    flags = ", ".join(f"{flag.name} {int(flag)}" for flag in PendingFlag)
    return "\n".join(
        [
            _ORDERS_INTRODUCTION,
            "## States\n",
            f"Flags: {flags}. Precedence of statuses: {precedence}. A closed order has nothing open.\n",
            states,
            "## Events and transitions\n",
            "What isn't listed is illegal. `NONE` is the order not yet there; flags that a row doesn't name stay.\n",
            _table(("event", "what happened", "base states", "needs", "forbids", "sets", "clears"), _rule_rows()),
        ]
    )


def write_pages(folder: Path) -> list[Path]:
    """Write both pages.

    Parameters
    ----------
    folder : Path
        Where they go; it exists.

    Returns
    -------
    list of Path
        The files written.
    """
    pages = {folder / "records.md": records_page(), folder / "orders.md": orders_page()}
    for path, text in pages.items():
        path.write_text(text, encoding="utf-8")
    return list(pages)


if __name__ == "__main__":
    write_pages(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
