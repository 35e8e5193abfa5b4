"""What a report is made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from atlas.analytics.summary import Summary
from atlas.analytics.trades import RoundTrips
from atlas.records.instruments import Instrument
from atlas.records.layout import RecordArray


@dataclass(frozen=True, slots=True)
class Assumption:
    """One modelling assumption of the run.

    Attributes
    ----------
    name : str
        What is assumed about, such as "Limit orders".
    value : str
        The rule in force, such as "fill when the price goes through the limit".
    detail : str
        One sentence for a reader who wants to know more.
    relaxed : bool
        Whether it departs from the strict default.
    """

    name: str
    value: str
    detail: str = ""
    relaxed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportContent:
    """Everything a report shows.

    Attributes
    ----------
    strategy : str
        The strategy's name, the title.
    summary : Summary
    equity : EQUITY_POINT array
    fills : FILL array
    bars : BAR array
    instruments : sequence of Instrument
        Instrument number n of the records is the n-th of these, counted from 1.
    money_exponent : int
        Decimal places of money.
    description : str
        One line below the title.
    parameters : mapping
        The strategy's parameters by name.
    currency : str
        Written before the main amounts.
    trips : RoundTrips, optional
        Made from the fills when not given.
    configuration : str
        The configuration as resolved, as text.
    assumptions : sequence of Assumption
    notes : sequence of str
        What a reader must know about the data: gaps, repairs, missing volumes.
    version : str
        Of Atlas, for the footer.
    """

    strategy: str
    summary: Summary
    equity: RecordArray
    fills: RecordArray
    bars: RecordArray
    instruments: Sequence[Instrument]
    money_exponent: int
    description: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)
    currency: str = ""
    trips: RoundTrips | None = None
    configuration: str = ""
    assumptions: Sequence[Assumption] = ()
    notes: Sequence[str] = ()
    version: str = ""
