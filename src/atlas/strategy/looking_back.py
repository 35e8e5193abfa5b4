"""How far hooks look back over past bars, found in their text, so that a run keeps as many bars as they need."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from atlas.records.errors import StrategyError
from atlas.strategy.context import VERB_SIGNATURES
from atlas.strategy.rewriting import is_attribute_of
from atlas.strategy.source import FunctionSource

if TYPE_CHECKING:
    from atlas.strategy.definition import StrategyDefinition

LOOKING: Final = frozenset(
    name for name, signature in VERB_SIGNATURES.items() if "ago" in signature.parameters and name != "column"
)


@dataclass(frozen=True)
class Look:
    """A place where a hook, or a function it calls, looks back.

    Attributes
    ----------
    source : FunctionSource
        The function.
    own : str
        Name of its parameter that is the strategy; empty where there is none.
    verb : str
        Such as ``close_price``.
    ago : ast.expr or None
        How far, as written; None for the last finished bar.
    line : int
    """

    source: FunctionSource
    own: str
    verb: str
    ago: ast.expr | None
    line: int


def looks_in(source: FunctionSource, own: str, context: str) -> Iterator[Look]:
    """Give every place where a function looks back."""
    for node in ast.walk(source.tree()):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        verb = node.func.attr
        if verb in LOOKING and is_attribute_of(node.func, context):
            given = VERB_SIGNATURES[verb].bind_partial(
                *node.args, **{each.arg: each.value for each in node.keywords if each.arg is not None}
            )
            yield Look(source, own, verb, given.arguments.get("ago"), node.lineno)


def assigned_fields(source: FunctionSource, own: str) -> Iterator[str]:
    """Give the names of the strategy's fields that a function assigns."""
    for node in ast.walk(source.tree()):
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load) and is_attribute_of(node, own):
            yield node.attr


def kept_bars(definitions: Sequence[StrategyDefinition], history: int | None) -> int:
    """Return how many bars of each instrument a run has to keep.

    Parameters
    ----------
    definitions : sequence of StrategyDefinition
        The strategies of the run.
    history : int or None
        How far back the user said that they look; None where nothing was said.

    Raises
    ------
    StrategyError
        A hook looks back further than that, or how far can't be told from its text.
    """
    kept = 0 if history is None else history + 1 if history else 0
    for definition in definitions:
        for look in definition.looks:
            back = most_back(look, definition)
            if back is None:
                if history is None:
                    raise unknown(look, definition)
                continue
            if history is None:
                kept = max(kept, back + 1)
            elif back >= kept:
                raise too_far(look, definition, back, history)
    return kept


def unknown(look: Look, definition: StrategyDefinition) -> StrategyError:
    """Make the error of a look back whose length its text does not tell."""
    return _error(
        look,
        definition,
        f"how far ctx.{look.verb}(ago=...) looks back can't be told from its text: pass history=N to backtest(), or "
        "write history: N in the document, for as many bars",
    )


def too_far(look: Look, definition: StrategyDefinition, back: int, history: int) -> StrategyError:
    """Make the error of a look back further than the bars that are kept."""
    return _error(
        look,
        definition,
        f"ctx.{look.verb} looks {back} bars back, and history={history} keeps {history or 'none'}: "
        f"say history={max(back, 1)}, or leave it out",
    )


def _error(look: Look, definition: StrategyDefinition, message: str) -> StrategyError:
    source = look.source
    return StrategyError(
        f"{message}\n    {source.line(look.line)}", source.file, look.line, source.name, definition.name
    )


# --- the most that an expression can be ------------------------------------------------------------------------------


def most_back(look: Look, definition: StrategyDefinition) -> int | None:
    """Return the furthest bar that a place can ask for; None where its text does not tell."""
    if look.ago is None:
        return 0
    most = Reach(look, definition.unchanging).most(look.ago)
    return None if most is None else max(most, 0)


class Reach:
    """The most that whole-number expressions of one function can be.

    Parameters
    ----------
    look : Look
        Its function is looked at.
    values : mapping of str to int
        Fields and constants of the strategy that never change.
    """

    def __init__(self, look: Look, values: Mapping[str, int]) -> None:
        self._source, self._own, self._values = look.source, look.own, values
        self._tree = look.source.tree()
        self._parameters = {each.arg for each in ast.walk(self._tree.args) if isinstance(each, ast.arg)}
        self._open: set[str] = set()

    def most(self, node: ast.expr) -> int | None:
        """Return the most that an expression can be; None where that isn't known."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, int) else None
        if isinstance(node, ast.Attribute):
            return self._values.get(node.attr) if is_attribute_of(node, self._own) else None
        if isinstance(node, ast.Name):
            return self._named(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and self._is_fixed(node.operand):
            number = self.most(node.operand)
            return None if number is None else -number
        if isinstance(node, ast.BinOp):
            return self._operation(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            return self._call(node.func.id, node.args)
        return None

    def _operation(self, node: ast.BinOp) -> int | None:
        left, right = self.most(node.left), self.most(node.right)
        if left is None or right is None:
            return None
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Mult) and left >= 0 and right >= 0:
            return left * right
        if isinstance(node.op, ast.Sub) and self._is_fixed(node.right):
            return left - right
        if isinstance(node.op, ast.FloorDiv) and self._is_fixed(node.right) and right > 0:
            return left // right
        return None

    def _is_fixed(self, node: ast.expr) -> bool:
        """Whether an expression has one value only: it names nothing that this function binds."""
        bound = {
            each.id for each in ast.walk(self._tree) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
        }
        return not any(isinstance(each, ast.Name) and each.id in bound for each in ast.walk(node))

    def _call(self, name: str, arguments: Sequence[ast.expr]) -> int | None:
        known = [self.most(each) for each in arguments]
        numbers = [each for each in known if each is not None]
        if name == "min" and numbers:
            return min(numbers)
        if name in ("max", "int") and numbers and len(numbers) == len(known):
            return max(numbers)
        return None

    def _named(self, name: str) -> int | None:
        if name in self._parameters or name in self._open:
            return None
        self._open.add(name)
        bindings = list(self._bindings(name))
        self._open.discard(name)
        if bindings:
            numbers = [each for each in bindings if each is not None]
            return max(numbers) if len(numbers) == len(bindings) else None
        value = self._source.names.get(name)
        return value if isinstance(value, int) else None

    def _bindings(self, name: str) -> Iterator[int | None]:
        """Give the most of each value that a local name is given."""
        for node in ast.walk(self._tree):
            if isinstance(node, ast.For | ast.comprehension) and _is_name(node.target, name):
                yield self._of_range(node.iter)
            elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                yield from (self.most(node.value) for target in targets if _is_name(target, name))
            elif isinstance(node, ast.AugAssign | ast.NamedExpr) and _is_name(node.target, name):
                yield None
            elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Store):
                yield from (None for each in ast.walk(node) if _is_name(each, name))

    def _of_range(self, node: ast.expr) -> int | None:
        """Return the most of ``range(...)``; None of anything else."""
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range"):
            return None
        first, *others = [self.most(bound) for bound in node.args] or [None]
        if len(others) == 2:
            step = others[1]
            return None if step is None else (first if step < 0 else _before(others[0]))
        return _before(others[0] if others else first)


def _before(stop: int | None) -> int | None:
    return None if stop is None else stop - 1


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
