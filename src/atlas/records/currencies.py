"""Currencies: codes, steps, and the presets of venues that post in the currency's own smallest coin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from atlas.records.errors import ConfigurationError
from atlas.records.units import MAXIMUM_EXPONENT, Number, to_units, units_to_float

DEFAULT_MONEY_EXPONENT: Final = 8

_WITHOUT_COINS = ("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF")
_THOUSANDTHS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
# fmt: off
_CENTS = (
    "AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "CNH", "CNY", "COP", "CZK", "DKK",
    "EGP", "EUR", "GBP", "HKD", "HUF", "IDR", "ILS", "INR", "MAD", "MXN", "MYR", "NGN",
    "NOK", "NZD", "PEN", "PHP", "PKR", "PLN", "QAR", "RON", "RUB", "SAR", "SEK", "SGD",
    "THB", "TRY", "TWD", "UAH", "USD", "ZAR",
)
# fmt: on

COIN_EXPONENTS: Final[dict[str, int]] = {
    **dict.fromkeys(_WITHOUT_COINS, 0),
    **dict.fromkeys(_THOUSANDTHS, 3),
    **dict.fromkeys(_CENTS, 2),
}
"""Exponent of the smallest coin by ISO 4217 code; what is not listed has none (crypto-currencies)."""


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency and the step its amounts are whole numbers of.

    Parameters
    ----------
    code : str
        Such as ``USD`` or ``USDT``.
    money_exponent : int
        Amounts are whole numbers of ``10**-money_exponent``; 0 to 18.
    """

    code: str
    money_exponent: int = DEFAULT_MONEY_EXPONENT

    def __post_init__(self) -> None:
        if not self.code or not 0 <= self.money_exponent <= MAXIMUM_EXPONENT:
            raise ConfigurationError(f"currency {self.code!r} with exponent {self.money_exponent} is not possible")

    def money(self, amount: Number) -> int:
        """Convert an amount to steps, rounding half-even."""
        return to_units(amount, self.money_exponent, f"amount of {self.code}")

    def amount(self, money: int) -> float:
        """Convert steps to a float amount."""
        return units_to_float(money, self.money_exponent)


def coin_currency(code: str) -> Currency:
    """Return a currency whose step is its smallest coin, for venues that post in coins.

    Parameters
    ----------
    code : str
        ISO 4217 code.

    Returns
    -------
    Currency
        With the default step where the currency has no coin.
    """
    return Currency(code, COIN_EXPONENTS.get(code, DEFAULT_MONEY_EXPONENT))
