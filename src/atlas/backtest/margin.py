"""The margin calls of a run, as its outputs tell of them: when, why, and what was sold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from atlas.analytics.summary import format_time
from atlas.analytics.words import amount_of
from atlas.records.enums import AlertLevel, FillFlag, LimitKind
from atlas.records.instruments import Instrument
from atlas.records.layout import RecordArray

MOST_NOTES: Final = 5
FOR_EVER: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class MarginCall:
    """One call of an account.

    Attributes
    ----------
    account : int
        Its number, from 0.
    began_ns, ended_ns : int
        The closes at which equity fell below the requirement and met it again; `FOR_EVER` where it never did.
    equity, required : float
        At its begin, in the account's currency.
    """

    account: int
    began_ns: int
    ended_ns: int
    equity: float
    required: float

    def covers(self, fill: Any) -> bool:
        """Whether it asked for a fill that has the flag of a call."""
        return self.account == int(fill["account"]) and self.began_ns <= int(fill["submit_time_ns"]) < self.ended_ns


def margin_calls(alerts: RecordArray) -> list[MarginCall]:
    """Return the calls that RISK_ALERT records tell of, in order of their begin."""
    about = alerts[alerts["limit_kind"] == int(LimitKind.MAINTENANCE_MARGIN)]
    found = []
    for place, alert in enumerate(about):
        if alert["alert_level"] != int(AlertLevel.BREACH):
            continue
        later = about[place + 1 :]
        ends = later["venue_time_ns"][later["account"] == alert["account"]]
        ended_ns = int(ends[0]) if len(ends) else FOR_EVER
        began_ns = int(alert["venue_time_ns"])
        found.append(
            MarginCall(int(alert["account"]), began_ns, ended_ns, float(alert["value"]), float(alert["limit"]))
        )
    return found


def sales(call: MarginCall, fills: RecordArray, instruments: Sequence[Instrument]) -> str:
    """Return what a call sold and bought back, in words."""
    units: dict[tuple[int, int], int] = {}
    for fill in fills[(fills["flags"] & int(FillFlag.MARGIN_CALL)) != 0]:
        if call.covers(fill):
            key = int(fill["instrument"]), int(fill["side"])
            units[key] = units.get(key, 0) + int(fill["quantity_units"])
    return ", ".join(
        f"{amount_of(instruments[number - 1], total)} {instruments[number - 1].symbol} "
        f"{'sold' if side < 0 else 'bought back'}"
        for (number, side), total in units.items()
    )


def call_notes(
    calls: Sequence[MarginCall], fills: RecordArray, instruments: Sequence[Instrument], currency: str
) -> list[str]:
    """Return a line a call for the first ones, and how many more there were."""
    lines = [
        f"Margin call on {format_time(call.began_ns)}: equity {call.equity:,.2f} below the {call.required:,.2f} "
        f"{currency} required; {sales(call, fills, instruments) or 'nothing was sold'}."
        for call in calls[:MOST_NOTES]
    ]
    more = len(calls) - len(lines)
    return lines + (
        [f"{more:,} more margin {'calls' if more > 1 else 'call'}: see result.margin_calls."] if more else []
    )
