"""What went wrong in a hook, told alike for both modes."""

from __future__ import annotations

import os
import types
from dataclasses import dataclass
from typing import Any

from atlas.kernel.trader.views import VERB_MESSAGES, VerbError
from atlas.records.enums import ErrorCode, Hook
from atlas.strategy.definition import Member, StrategyDefinition
from atlas.strategy.rewriting import turns_message

# Interpreters and machine code word these differently; the class says all there is to say.
COMMON_MESSAGES: dict[str, str] = {"ZeroDivisionError": "division by zero", "IndexError": "index out of range"}

CODES = {
    "IndexError": ErrorCode.INDEX,
    "ZeroDivisionError": ErrorCode.ZERO_DIVISION,
    "OverflowError": ErrorCode.OVERFLOW,
    "ValueError": ErrorCode.VALUE,
    "TypeError": ErrorCode.TYPE,
    "KeyError": ErrorCode.KEY,
    "AssertionError": ErrorCode.ASSERTION,
}


@dataclass(frozen=True)
class StrategyFailure:
    """An error in a hook.

    Attributes
    ----------
    hook : str
        Name of the hook, such as ``on_bar``; empty when it is unknown.
    strategy : str
        Name of the class.
    error : str
        Class of the error, such as ``ZeroDivisionError``.
    message : str
        Its text.
    file : str
        File of the hook.
    line : int
        One-based line of the statement in the hook, also where the error arose in what it called; 0 when unknown.
    source_line : str
        That line's text.
    """

    hook: str
    strategy: str
    error: str
    message: str
    file: str
    line: int
    source_line: str

    @property
    def code(self) -> ErrorCode:
        """The class of the error as records carry it."""
        if self.message == turns_message():
            return ErrorCode.BUDGET
        if self.message == VERB_MESSAGES[VerbError.NOT_FINITE]:
            return ErrorCode.NOT_A_NUMBER
        return CODES.get(self.error, ErrorCode.EXCEPTION)

    def __str__(self) -> str:
        place = f"{os.path.basename(self.file)}:{self.line}" if self.line else "an unknown line"
        shown = f"\n    {self.source_line}" if self.source_line else ""
        return f"{self.strategy}.{self.hook} failed at {place}: {self.error}: {self.message}{shown}"


def describe_failure(
    exception: BaseException, context: Any, definition: StrategyDefinition, hook: Hook | None = None
) -> StrategyFailure:
    """Describe an exception that came out of a hook.

    Parameters
    ----------
    exception : BaseException
        As it arrived at the host.
    context : object with a field `line`
        The strategy's context: of the `BoundStrategy`, or the memory of it.
    definition : StrategyDefinition
        Of the strategy.
    hook : Hook, optional
        Which hook ran, where the host knows; else it follows from the line.
    """
    name = type(exception).__name__
    message = COMMON_MESSAGES.get(name, str(exception))
    member, line = from_traceback(exception.__traceback__, definition)
    if member is None:
        line = line_of(context)
        member = definition.hooks.get(hook) if hook is not None else member_at(line, definition)
    if member is None:
        shown = hook.name.lower() if hook is not None else ""
        return StrategyFailure(shown, definition.name, name, message, "", 0, "")
    source = member.source
    line = source.statement_lines.get(line, line) if not definition.is_open else line
    return StrategyFailure(member.name, definition.name, name, message, source.file, line, source.line(line))


def line_of(context: Any) -> int:
    """Return the line that a context's memory notes."""
    value = context["line"] if not hasattr(context, "line") else context.line
    return int(value[0]) if hasattr(value, "__len__") else int(value)


def from_traceback(trace: types.TracebackType | None, definition: StrategyDefinition) -> tuple[Member | None, int]:
    """Find the outermost frame of a hook that ran interpreted, and its line."""
    hooks = {(member.source.file, member.name): member for member in definition.hooks.values()}
    while trace is not None:
        code = trace.tb_frame.f_code
        member = hooks.get((code.co_filename, code.co_name))
        if member is not None and is_real_frame(trace):
            return member, trace.tb_lineno
        trace = trace.tb_next
    return None, 0


def is_real_frame(trace: types.TracebackType) -> bool:
    """Whether a frame is of running Python; those that machine code leaves behind have no local variables."""
    return bool(trace.tb_frame.f_locals)


def member_at(line: int, definition: StrategyDefinition) -> Member | None:
    """Return the hook whose text holds a line."""
    for member in definition.hooks.values():
        if line and member.source.first_line <= line <= member.source.last_line:
            return member
    return None
