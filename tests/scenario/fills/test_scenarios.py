"""Plays scenarios of orders and bars, as a trader would write them down, through a whole backtest.

A scenario is a title and lines in the order of time:

    with cash=10000 fees=0.001      what the run is told, before the first bar
    bar 10.00 10.50 9.50 10.20 500  an hour: open, high, low, close, and its volume where it states one
    > entry = buy 100 limit=9.80    asked for at the close of the bar above; the name is for later lines
    | buy 100 @ 9.80 limit          a fill of the bar above, with its price rule
    ! entry filled                  state of an order at the close of the bar above
    = position 100                  what the context answers there: position, cash, equity, working
    ? rejected RISK_BUYING_POWER    an order was refused up to then, with its reason

An attached stop or target of `entry` goes by `entry.stop` and `entry.target`. Every fill must be listed, and in order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atlas.backtest.run import backtest
from atlas.data import BarHistory, load_bars
from atlas.records.enums import OrderState, PriceRule, RejectReason, TimeInForce
from atlas.records.instruments import Instrument
from atlas.strategy.base import Strategy

HOUR, START = 3600, 1_700_000_000 // 3600 * 3600
FOLDER = Path(__file__).parent


@dataclass
class Script:
    """One scenario, and what its run noted."""

    title: str
    options: dict[str, Any] = field(default_factory=dict)
    bars: list[list[float]] = field(default_factory=list)
    lines: list[list[str]] = field(default_factory=list)
    orders: dict[str, int] = field(default_factory=dict)
    states: dict[int, str] = field(default_factory=dict)
    children: dict[str, int] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    fills_before: list[int] = field(default_factory=list)
    fills: int = 0

    def __deepcopy__(self, memory: object) -> Script:
        """There is one for all copies of the strategy."""
        return self

    def order(self, name: str) -> int:
        """Id of a named order."""
        return self.orders[name] if name in self.orders else self.children[name]


class Plays(Strategy):
    """Does what a script says."""

    open = True

    def __init__(self, script: Script | None = None) -> None:
        self.script = script or Script("")

    def on_bar(self, ctx: Any, bar: Any) -> None:
        script = self.script
        script.fills_before.append(script.fills)
        number = len(script.fills_before) - 1
        for line in script.lines[number]:
            sign, text = line[0], line[1:].strip()
            if sign == ">":
                act(script, ctx, bar.instrument, text)
            elif sign == "=":
                what, value = text.split()
                found = {
                    "position": lambda: ctx.position(bar.instrument),
                    "cash": lambda: ctx.cash,
                    "equity": lambda: ctx.equity,
                    "working": lambda: ctx.working_orders(bar.instrument),
                    "buying_power": lambda: ctx.buying_power,
                }[what]()
                assert found == pytest.approx(float(value), abs=0.005), f"{script.title}: {line}, it is {found}"
            elif sign == "!":
                name, state = text.split()
                found = script.states.get(script.order(name), "none")
                assert found == state, f"{script.title}: {line}, it is {found}"
            elif sign == "?":
                assert text.removeprefix("rejected ") in script.refusals, f"{script.title}: {line}: {script.refusals}"

    def on_fill(self, ctx: Any, fill: Any) -> None:
        self.script.fills += 1

    def on_order(self, ctx: Any, order: Any) -> None:
        script = self.script
        script.states[int(order.id)] = OrderState(int(order.state) & 15).name.lower()
        if order.reason:
            script.refusals.append(RejectReason(int(order.reason)).name)
        if order.parent:
            parent = next(name for name, number in script.orders.items() if number == order.parent)
            script.children[f"{parent}.{'target' if math.isnan(order.stop) else 'stop'}"] = int(order.id)


def act(script: Script, ctx: Any, instrument: int, text: str) -> None:
    """Ask for what one line says."""
    name, _, call = text.rpartition(" = ")
    verb, *words = call.split()
    arguments: list[Any] = []
    terms: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if equals:
            terms[key] = term(value)
        else:
            known = word in script.orders or word in script.children
            arguments.append(script.order(word) if known else float(word))
    if verb not in ("cancel", "replace", "oco"):
        arguments.insert(0, instrument)
    answer = getattr(ctx, verb)(*arguments, **terms)
    if name:
        script.orders[name] = int(answer)


def term(value: str) -> Any:
    """Value of a keyword."""
    if value in TimeInForce.__members__:
        return TimeInForce[value]
    if value in ("True", "False", "None"):
        return {"True": True, "False": False, "None": None}[value]
    try:
        return float(value)
    except ValueError:
        return value


def scripts() -> dict[str, Script]:
    """Every scenario by file and title."""
    found: dict[str, Script] = {}
    for path in sorted(FOLDER.glob("*.txt")):
        script = Script("")
        for raw in path.read_text(encoding="utf-8").splitlines():
            text = raw.split("#")[0].strip()
            if text.startswith("["):
                script = Script(f"{path.stem}: {text.strip('[]')}")
                assert script.title not in found, script.title
                found[script.title] = script
            elif text.startswith("with "):
                pairs = (word.partition("=") for word in text.split()[1:])
                script.options |= {key: term(value) for key, _, value in pairs}
            elif text.startswith("bar "):
                script.bars.append([float(word) for word in text.split()[1:]])
                script.lines.append([])
            elif text:
                script.lines[-1].append(text)
    return found


def history_of(script: Script) -> BarHistory:
    """Bars of a scenario."""
    columns: dict[str, Any] = {"time": START + HOUR * np.arange(len(script.bars))}
    for place, name in enumerate(("open", "high", "low", "close", "volume")):
        if len(script.bars[0]) > place:
            columns[name] = np.array([bar[place] for bar in script.bars])
    lot = script.options.pop("lot", None)
    described = Instrument("AAA", lot_size="1" if lot is None else str(lot))
    return load_bars(columns, symbol="AAA", instruments={"AAA": described})


def options_of(script: Script) -> dict[str, Any]:
    """Options of `backtest`: tiers are written 1000:0.001,5000:0.0005."""
    options = dict(script.options)
    if "tiers" in options:
        steps = [tuple(map(float, step.split(":"))) for step in options.pop("tiers").split(",")]
        rate = options["fees"]
        options["fees"] = {"maker_rate": rate, "taker_rate": rate, "tiers": steps, "tier_by": options.pop("tier_by")}
    return options


SCRIPTS = scripts()


@pytest.mark.parametrize("title", SCRIPTS)
def test_scenario(title: str) -> None:
    script = SCRIPTS[title]
    history = history_of(script)
    result = backtest(Plays(script), history, **{"volume_share": 1.0, **options_of(script)})
    expected = [[line[1:].strip() for line in lines if line[0] == "|"] for lines in script.lines]
    script.fills_before.append(len(result.fill_records))
    bounds = [0, *script.fills_before]
    told = [spoken(fill) for fill in result.fill_records]
    found = [told[bounds[bar] : bounds[bar + 1]] for bar in range(len(script.bars))]
    assert found == expected, "\n".join(f"bar {bar + 1}: {fills}" for bar, fills in enumerate(found) if fills)
    assert int(result._engine.trader.rows("world")[0]["quarantined_count"]) == 0


def spoken(fill: Any) -> str:
    """Put a fill into words."""
    side, rule = "buy" if fill["side"] > 0 else "sell", PriceRule(int(fill["price_rule"])).name.lower()
    return f"{side} {fill['quantity_units'] / 10**8:g} @ {fill['price_units'] / 10**9:.2f} {rule}"
