"""Strategies outside the language: what is only interpreted, and what is refused in both modes."""

from __future__ import annotations

import math
from typing import Any

from atlas.kernel.indicators import ATR, SMA
from atlas.strategy.base import Strategy

FACTORS = [1.0, 2.0]


def endless(value: float) -> float:
    return endless(value - 1.0) if value > 0.0 else value


def buy_apple(ctx: Any) -> None:
    ctx.buy("AAPL", 1.0)


class FormattedText(Strategy):
    """f-strings, `str()`, `repr()` and `format()`."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.log(f"close {bar.close}")


class Generators(Strategy):
    """Generator expressions and `yield`."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.result = sum(bar.close for _ in range(3))


class Starred(Strategy):
    """Star-unpacking."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        first, *rest = (bar.close, bar.open, bar.high)
        self.result = first + len(rest)


class NamedExceptions(Strategy):
    """`except` of a class other than `Exception`."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        try:
            self.result = bar.close / 2.0
        except ZeroDivisionError:
            self.result = 0.0


class Imports(Strategy):
    """Imports within functions."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        import cmath

        self.result = cmath.pi * math.sqrt(bar.close)


class InnerFunctions(Strategy):
    """Functions, classes and `with` within functions, `global`, `nonlocal`, `del`, `async`."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        def half(value: float) -> float:
            return value / 2.0

        self.result = half(bar.close)


class MutableGlobals(Strategy):
    """Global lists, dictionaries, sets and arrays, which may change."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.result = FACTORS[1]


class Decorated(Strategy):
    """Decorated methods, `setattr`, `getattr`, `hasattr`."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.result = getattr(bar, "close")  # noqa: B009


class Mixed(Strategy):
    """A name that is once a number and once a text, and whatever else the compiler knows no type for."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        text = 1.0 if bar.close > 5.0 else "x"
        self.result = 1.0 if text == "x" else 2.0


INTERPRETED = [
    (FormattedText, "f-strings are not compiled"),
    (Generators, "generator expressions are not compiled"),
    (Starred, "star-unpacking is not compiled"),
    (NamedExceptions, "only `except:` and `except Exception:` are compiled"),
    (Imports, "imports belong at the top of the file"),
    (InnerFunctions, "functions within functions are not compiled"),
    (MutableGlobals, "the global 'FACTORS' is a list, which may change"),
    (Decorated, "write the field's name"),
    (Mixed, ""),
]


class UnknownField(Strategy):
    """Reading or assigning a field that is not declared."""

    size: float = 1.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.szie = bar.close


class UnknownMethod(Strategy):
    """Reading what an indicator does not have."""

    average: SMA = SMA(3)

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.average.updaet(bar.close)


class UnknownVerb(Strategy):
    """A verb that `ctx` does not have."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.target_wieght(bar.instrument, 1.0)


class UnknownPayload(Strategy):
    """A field that the payload does not have."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.result = bar.closse


class UnknownName(Strategy):
    """A name that is nowhere defined."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.result = bar.close * FACTOR  # type: ignore[name-defined]  # noqa: F821


class AssignedPayload(Strategy):
    """Assigning to `ctx`, to the payload, to an indicator or to a constant."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        bar.close = 3.0


class AssignedIndicator(Strategy):
    """Putting something else in the place of an indicator."""

    average: SMA = SMA(3)

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.average = bar.close


class WrongParameters(Strategy):
    """A hook with other parameters than its own."""

    def on_bar(self, bar: Any) -> None:
        raise ValueError(bar.close)


class MisspeltHook(Strategy):
    """A method named like a hook, which it is not, and which none of its methods calls."""

    def on_bars(self, ctx: Any, bar: Any) -> None:
        ctx.close()


class Named(Strategy):
    """`Base.method(self)` and `super(Base, self)`: write `super().method()`."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        super(Named, self).__repr__()  # noqa: UP008


class WrongKeyword(Strategy):
    """A verb or a method called with arguments that it does not take."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.buy(bar.instrument, 1.0, lmit=3.0)


class UnknownInModule(Strategy):
    """A name that an imported module does not have."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.result = math.squrt(bar.close)  # type: ignore[attr-defined]


class SymbolInFunction(Strategy):
    """A literal symbol in a plain function: name it in the hook and hand the number on."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        buy_apple(ctx)


class ColumnByVariable(Strategy):
    """A further column that is not named by a literal text."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        for name in ("score", "other"):
            ctx.target(None, ctx.column(name))


class MethodCallsItself(Strategy):
    """Methods that call themselves, directly or by way of others."""

    def down(self, count: int) -> int:
        return self.up(count)

    def up(self, count: int) -> int:
        return self.down(count - 1) if count > 0 else 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.down(3)


class Recursive(Strategy):
    """Functions that call themselves."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.result = endless(bar.close)


class WordOfOthers(Strategy):
    """Parameters that other libraries call otherwise."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.buy(bar.instrument, size=3.0)


class BracketOfHalf(Strategy):
    """A bracket without its stop or its target."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.bracket(bar.instrument, 3.0, stop_loss=90.0)


class VerbOfOthers(Strategy):
    """Verbs that other libraries call otherwise."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.target_percent(bar.instrument, 0.5)


class TextForNumber(Strategy):
    """A literal text where a verb takes a number."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.buy(quantity="10")


class WrongInputs(Strategy):
    """An indicator fed with other inputs than it takes."""

    reach: ATR = ATR(5)

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.reach.update(bar.close)  # type: ignore[call-arg]


class Unfed(Strategy):
    """Reading an indicator or window that no method feeds."""

    average: SMA = SMA(5)

    def on_bar(self, ctx: Any, bar: Any) -> None:
        if self.average.value > 0.0:
            ctx.close()


REFUSED = [
    (WordOfOthers, "buy() has no parameter 'size' — did you mean 'quantity'?", "size=3.0"),
    (BracketOfHalf, "bracket(): a bracket has both a stop_loss and a take_profit", "ctx.bracket("),
    (VerbOfOthers, "the context has no 'target_percent' — did you mean 'target_weight'?", "target_percent"),
    (UnknownField, "declares no field 'szie' — did you mean 'size'?", "self.szie"),
    (UnknownMethod, "UnknownMethod.average has no 'updaet' — did you mean 'update'?", "updaet"),
    (UnknownVerb, "the context has no 'target_wieght' — did you mean 'target_weight'?", "ctx.target_wieght"),
    (UnknownPayload, "bar has no field 'closse' — did you mean 'close'?", "closse"),
    (UnknownName, "unknown name 'FACTOR' — did you mean 'FACTORS'?", "FACTOR"),
    (AssignedPayload, "bar.close can't be assigned", "bar.close = 3.0"),
    (AssignedIndicator, "AssignedIndicator.average can't be assigned", "self.average ="),
    (WrongParameters, "write def on_bar(self, ctx, bar)", "def on_bar"),
    (MisspeltHook, "'on_bars' is no hook, and nothing calls it — did you mean 'on_bar'?", "def on_bars"),
    (Named, "write super() without arguments", "super(Named, self)"),
    (WrongKeyword, "buy() has no parameter 'lmit' — did you mean 'limit'?", "lmit=3.0"),
    (UnknownInModule, "math has no 'squrt' — did you mean 'sqrt'?", "math.squrt"),
    (ColumnByVariable, 'a column is named by a literal text: ctx.column("sentiment")', "ctx.column(name)"),
    (SymbolInFunction, "symbols are named in hooks and methods", 'ctx.buy("AAPL"'),
    (MethodCallsItself, "down calls itself; write a loop", "def down"),
    (TextForNumber, "buy(): quantity is a number, not the text '10'", 'quantity="10"'),
    (WrongInputs, "update(): missing a required argument: 'low'", "self.reach.update"),
    (Unfed, "Unfed.average is read and never fed: call self.average.update(...)", "self.average.value"),
    (Recursive, "endless calls itself; write a loop", "def endless"),
]
