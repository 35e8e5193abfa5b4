"""Functions over whole series, made of indicators: series of any library in, the same kind out."""

from __future__ import annotations

import inspect
from collections import namedtuple
from collections.abc import Callable
from functools import cache
from typing import Any

from atlas.indicators.series import columns_of_frame, frame_like, is_frame, numbers_of, series_like
from atlas.kernel.indicators import Indicator
from atlas.kernel.indicators.columns import run_series
from atlas.records.errors import InvalidRequestError

RETURNS = """
    Returns
    -------
    {kind}
        Of the kind and with the index of the first column; NaN until the indicator is ready. A row with a missing
        input repeats the row before.
"""


def function_name(indicator: type[Indicator]) -> str:
    """Return the lower-case name of an indicator's function: ``stochastic_rsi`` for `StochasticRSI`."""
    words, name = [""], indicator.__name__
    for place, letter in enumerate(name):
        begins = letter.isupper() and place > 0 and (name[place - 1].islower())
        words = [*words, letter] if begins else [*words[:-1], words[-1] + letter]
    return "_".join(words).lower()


def input_names(indicator: type[Indicator]) -> tuple[str, ...]:
    """Return the names of what an indicator is updated with."""
    return indicator.methods["update"].inputs


def parameters_of(indicator: type[Indicator]) -> list[inspect.Parameter]:
    """Return the parameters that an indicator is made with."""
    return list(inspect.signature(indicator).parameters.values())


@cache
def outputs_type(indicator: Any) -> Any:
    """Return the named tuple of an indicator's outputs."""
    return namedtuple(f"{indicator.__name__}Outputs", indicator.outputs)


def signature_of(indicator: type[Indicator]) -> inspect.Signature:
    """Return the signature of an indicator's function: its columns, then its parameters."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    columns = [inspect.Parameter(name, kind) for name in input_names(indicator)]
    return inspect.Signature([*columns, *parameters_of(indicator)])


def documentation(indicator: type[Indicator]) -> str:
    """Return the docstring of an indicator's function: the class's, and what the function takes and gives."""
    summary, _, rest = (indicator.__doc__ or "").partition("\n")
    names = ", ".join(input_names(indicator))
    kind = "series" if indicator.outputs == ("value",) else f"frame or named tuple of {', '.join(indicator.outputs)}"
    columns = f"Columns: {names}, each a series of pandas or polars, an array or a list; or one frame that holds them."
    return f"{summary}\n\n    {columns}\n{rest.rstrip()}\n{RETURNS.format(kind=kind)}"


def vectorised_function(indicator: type[Indicator]) -> Callable[..., Any]:
    """Return the function that runs an indicator over whole series.

    Parameters
    ----------
    indicator : type
        A class derived from `Indicator`, with a method `update`; Atlas's or one's own.

    Returns
    -------
    callable
        ``function(*columns, **parameters)``; in place of the columns it takes one frame. A series of pandas or polars
        gives one of the same library, pandas's index included, several outputs a frame; arrays and lists give
        arrays and lists, several outputs a named tuple of them.
    """
    if "update" not in indicator.methods:
        raise InvalidRequestError(f"{indicator.__name__} has no method update, so it has no vectorised form")
    signature, names = signature_of(indicator), input_names(indicator)

    def function(*arguments: Any, **keywords: Any) -> Any:
        if arguments and is_frame(arguments[0]):
            arguments = (*columns_of_frame(arguments[0], names, function.__name__), *arguments[1:])
        bound = signature.bind(*arguments, **keywords)
        columns = [bound.arguments.pop(name) for name in names]
        return calculated(indicator, columns, bound.arguments)

    function.__name__ = function.__qualname__ = function_name(indicator)
    function.__module__ = "atlas.indicators" if indicator.__module__.startswith("atlas.") else indicator.__module__
    function.__doc__ = documentation(indicator)
    function.__signature__ = signature  # type: ignore[attr-defined]
    return function


def calculated(indicator: Any, columns: list[Any], arguments: dict[str, Any]) -> Any:
    """Run an indicator with these arguments over columns, and give its outputs as the first column's kind."""
    made, words = indicator(**arguments), indicator.methods["update"].words
    names = input_names(indicator)
    numbers = [
        numbers_of(column, name, columns[0], is_time=name in words) for column, name in zip(columns, names, strict=True)
    ]
    answers = run_series(made, numbers, indicator.outputs)
    if len(indicator.outputs) == 1:
        return series_like(columns[0], answers[0], function_name(indicator))
    named = zip(indicator.outputs, answers, strict=True)
    series = [series_like(columns[0], answer, output) for output, answer in named]
    return frame_like(columns[0], series, outputs_type(indicator))
