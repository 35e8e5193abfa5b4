"""What is wrong with a hook can be told from its text, with file, line and a suggestion, before anything runs.

A mistake (an unknown field, verb or name) is refused in both modes. What lies outside the compiled subset (an f-string,
a generator) only keeps the strategy from being compiled.
"""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from atlas.records.errors import StrategyCompileError, StrategyError
from atlas.strategy.base import Strategy
from atlas.strategy.context import BRACKET_TEXT, PUBLIC_NAMES, VERB_SIGNATURES
from atlas.strategy.fields import suggestion
from atlas.strategy.rewriting import LOG_VALUES, is_attribute_of
from atlas.strategy.source import FunctionSource, is_builtin, is_constant, is_let_pass, is_user_function

UNSUPPORTED: dict[type[ast.AST], str] = {
    ast.JoinedStr: 'f-strings are not compiled; write ctx.log("text {}", value)',
    ast.GeneratorExp: "generator expressions are not compiled; write a loop or a list comprehension",
    ast.Import: "imports belong at the top of the file",
    ast.ImportFrom: "imports belong at the top of the file",
    ast.Global: "`global` is not compiled; keep state in declared fields",
    ast.Nonlocal: "`nonlocal` is not compiled; keep state in declared fields",
    ast.FunctionDef: "functions within functions are not compiled; move it out of the class",
    ast.AsyncFunctionDef: "`async` is not compiled",
    ast.ClassDef: "classes within functions are not compiled",
    ast.Yield: "`yield` is not compiled",
    ast.YieldFrom: "`yield` is not compiled",
    ast.Await: "`await` is not compiled",
    ast.With: "`with` is not compiled",
    ast.AsyncWith: "`async` is not compiled",
    ast.AsyncFor: "`async` is not compiled",
    ast.Starred: "star-unpacking is not compiled",
    ast.Delete: "`del` is not compiled",
}
OTHER_WORDS = {
    "amount": "notional",
    "cash": "notional",
    "value": "notional",
    "percent": "weight",
    "size": "quantity",
    "shares": "quantity",
    "units": "quantity",
    "sl": "stop_loss",
    "tp": "take_profit",
    "order_target_percent": "target_weight",
    "target_fraction": "target_weight",
    "target_percent": "target_weight",
    "order_target_size": "target",
    "order_target_value": "target_notional",
    "target_value": "target_notional",
}
"""Words of other libraries for verbs and their parameters."""

# Methods by which an indicator, longer bars or a window take in a value.
FEEDING = ("update", "append")
COLUMN_OF_PAYLOAD = inspect.Signature(
    [
        inspect.Parameter("name", inspect.Parameter.POSITIONAL_OR_KEYWORD),
        inspect.Parameter("ago", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=0),
    ]
)
# Arguments of verbs that are texts; all others are numbers.
TAKES_TEXT = frozenset({"instrument", "name", "text"})
UNSUPPORTED_CALLS = {
    "str": 'numbers do not become text in compiled code; write ctx.log("text {}", value)',
    "repr": 'numbers do not become text in compiled code; write ctx.log("text {}", value)',
    "format": 'numbers do not become text in compiled code; write ctx.log("text {}", value)',
    "setattr": "write the field's name: self.field = value",
    "getattr": "write the field's name: self.field",
    "hasattr": "fields are declared in the class body; hasattr() is not compiled",
    "eval": "eval() is not compiled",
    "exec": "exec() is not compiled",
    "open": "hooks do no input or output",
    "input": "hooks do no input or output",
}


@dataclass(frozen=True)
class Scope:
    """What a function may mention.

    Parameters
    ----------
    own, context, payload : str
        Names of these parameters; empty where there is none.
    readable : frozenset of str
        Fields, methods and constants of the strategy.
    assignable : frozenset of str
        Fields that may be assigned.
    nested : dict of str to frozenset of str
        Names within each field that is an indicator or a window.
    payload_names : frozenset of str
        Fields of the payload.
    strategy : str
        Name of the class, for messages.
    signatures : dict of str to inspect.Signature
        Of the strategy's own methods, without `self`.
    nested_signatures : dict of (str, str) to inspect.Signature
        Of the methods of each field that is an indicator, by field and method.
    """

    own: str = ""
    context: str = ""
    payload: str = ""
    readable: frozenset[str] = frozenset()
    assignable: frozenset[str] = frozenset()
    nested: dict[str, frozenset[str]] = field(default_factory=dict)
    payload_names: frozenset[str] = frozenset()
    strategy: str = ""
    signatures: dict[str, inspect.Signature] = field(default_factory=dict)
    nested_signatures: dict[tuple[str, str], inspect.Signature] = field(default_factory=dict)


def mistakes(source: FunctionSource, scope: Scope) -> Iterator[StrategyError]:
    """Find what is wrong in either mode: unknown fields, verbs and names, and forbidden assignments."""
    tree = source.tree()
    yield from unknown_names(source, tree, scope)
    for node in ast.walk(tree):
        message = None
        if isinstance(node, ast.Attribute):
            message = mistake_of(node, scope) or module_mistake(node, source)
        elif isinstance(node, ast.Call):
            message = base_call_mistake(node, source) or call_mistake(node, scope) or column_mistake(node, scope)
        if message and isinstance(node, ast.expr):
            text = f"{message}\n    {source.line(node.lineno)}"
            yield StrategyError(text, source.file, node.lineno, source.name, scope.strategy)


def mistake_of(node: ast.Attribute, scope: Scope) -> str | None:
    """Say what is wrong with one attribute, or None."""
    stored = not isinstance(node.ctx, ast.Load)
    name = node.attr
    if is_attribute_of(node, scope.own):
        known = scope.assignable if stored else scope.readable
        if name in known or name.startswith("__"):
            return None
        if name in scope.readable:
            return f"{scope.strategy}.{name} can't be assigned"
        verb = "has no field or method" if not stored else "declares no field"
        return f"{scope.strategy} {verb} {name!r}{suggestion(name, known)}"
    if is_attribute_of(node, scope.context):
        if stored:
            return f"{scope.context}.{name} can't be assigned; declare a field in the class body"
        if name not in PUBLIC_NAMES:
            return f"the context has no {name!r}{meant(name, PUBLIC_NAMES)}"
    elif is_attribute_of(node, scope.payload):
        if name == "column" and not stored and "instrument" in scope.payload_names:
            return None
        if name not in scope.payload_names:
            return f"{scope.payload} has no field {name!r}{suggestion(name, scope.payload_names)}"
        if stored:
            return f"{scope.payload}.{name} can't be assigned"
    elif isinstance(node.value, ast.Attribute) and is_attribute_of(node.value, scope.own):
        return nested_mistake(node.value.attr, name, stored, scope)
    return None


def unfed(source: FunctionSource, name: str, uses: list[ast.Attribute], scope: Scope) -> StrategyError:
    """Make the error of an indicator that is read and that nothing feeds: it stays without a value."""
    line = uses[0].lineno
    feed = next(verb for verb in FEEDING if (name, verb) in scope.nested_signatures)
    text = f"{scope.strategy}.{name} is read and never fed: call self.{name}.{feed}(...)\n    {source.line(line)}"
    return StrategyError(text, source.file, line, source.name, scope.strategy)


def module_mistake(node: ast.Attribute, source: FunctionSource) -> str | None:
    """Say that a module lacks what is asked of it, or None."""
    module = source.names.get(node.value.id) if isinstance(node.value, ast.Name) else None
    if isinstance(module, types.ModuleType) and not hasattr(module, node.attr):
        return f"{module.__name__} has no {node.attr!r}{suggestion(node.attr, dir(module))}"
    return None


def call_mistake(node: ast.Call, scope: Scope) -> str | None:
    """Say what is wrong with the arguments of a verb or of an own method, or None."""
    function = node.func
    if not isinstance(function, ast.Attribute) or any(isinstance(value, ast.Starred) for value in node.args):
        return None
    if is_attribute_of(function, scope.context) and function.attr != "log":
        named = node.args[1:] if function.attr == "column" else node.args
        if not scope.own and any(isinstance(value, ast.Constant) and isinstance(value.value, str) for value in named):
            return "symbols are named in hooks and methods; hand the instrument's number to functions"
        signature = VERB_SIGNATURES.get(function.attr)
    elif is_attribute_of(function, scope.own):
        own = scope.signatures.get(function.attr)
        return None if own is None else argument_mistake(node, function.attr, own)
    elif isinstance(function.value, ast.Attribute) and is_attribute_of(function.value, scope.own):
        signature = scope.nested_signatures.get((function.value.attr, function.attr))
    else:
        return None
    if signature is None:
        return None
    return argument_mistake(node, function.attr, signature) or text_mistake(node, function.attr, signature)


def text_mistake(node: ast.Call, name: str, signature: inspect.Signature) -> str | None:
    """Say that a literal text stands where a number belongs, or None."""
    if any(keyword.arg is None for keyword in node.keywords):
        return None
    named = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg is not None}
    for parameter, value in signature.bind(*node.args, **named).arguments.items():
        is_text = isinstance(value, ast.Constant) and isinstance(value.value, str)
        if is_text and parameter not in TAKES_TEXT:
            return f"{name}(): {parameter} is a number, not the text {ast.unparse(value)}"
    return None


def column_mistake(node: ast.Call, scope: Scope) -> str | None:
    """Say what is wrong with the reading of a further column, or None."""
    function = node.func
    if not (isinstance(function, ast.Attribute) and function.attr == "column"):
        return None
    of_payload = is_attribute_of(function, scope.payload)
    if not of_payload and not is_attribute_of(function, scope.context):
        return None
    if of_payload and (mistake := argument_mistake(node, "column", COLUMN_OF_PAYLOAD)):
        return mistake
    names = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "name")]
    if names and isinstance(names[0], ast.Constant) and isinstance(names[0].value, str):
        return None
    owner = scope.payload if of_payload else scope.context
    return f'a column is named by a literal text: {owner}.column("sentiment")'


def meant(name: str, known: Collection[str]) -> str:
    """Return `` — did you mean 'x'?`` for what other libraries call otherwise, or for a slip."""
    other = OTHER_WORDS.get(name, "")
    return f" — did you mean {other!r}?" if other in known else suggestion(name, known)


def argument_mistake(node: ast.Call, name: str, signature: inspect.Signature) -> str | None:
    """Say why the arguments of a call do not fit a signature, or None."""
    keywords = [keyword.arg for keyword in node.keywords if keyword.arg is not None]
    unknown = next((keyword for keyword in keywords if keyword not in signature.parameters), None)
    if unknown is not None:
        return f"{name}() has no parameter {unknown!r}{meant(unknown, signature.parameters)}"
    if len(keywords) < len(node.keywords):
        return None
    try:
        bound = signature.bind(*node.args, **dict.fromkeys(keywords))
    except TypeError as error:
        return f"{name}(): {error}"
    if signature is VERB_SIGNATURES["bracket"] and not {"stop_loss", "take_profit"} <= bound.arguments.keys():
        return f"{name}(): {BRACKET_TEXT}"
    return None


def base_call_mistake(node: ast.Call, source: FunctionSource) -> str | None:
    """Say what is wrong with a call of a base class's method, or None."""
    function = node.func
    if isinstance(function, ast.Name) and function.id == "super" and node.args:
        return "write super() without arguments"
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        owner = source.names.get(function.value.id)
        if isinstance(owner, type) and issubclass(owner, Strategy):
            return f"write super().{function.attr}(...)"
    return None


def nested_mistake(field_name: str, name: str, stored: bool, scope: Scope) -> str | None:
    """Say what is wrong with an attribute of an indicator's field, or None."""
    known = scope.nested.get(field_name)
    if known is None:
        return None
    if name not in known:
        return f"{scope.strategy}.{field_name} has no {name!r}{suggestion(name, known)}"
    return f"{scope.strategy}.{field_name}.{name} can't be assigned" if stored else None


def unknown_names(source: FunctionSource, tree: ast.FunctionDef, scope: Scope) -> Iterator[StrategyError]:
    """Find names that are neither local, nor global, nor Python's own."""
    bound = bound_names(tree)
    seen = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Name) or node.id in bound or node.id in source.names or node.id in seen:
            continue
        seen.add(node.id)
        if not is_builtin(node.id) and node.id != "__class__":
            known = {*bound, *source.function.__globals__}
            text = f"unknown name {node.id!r}{suggestion(node.id, known)}\n    {source.line(node.lineno)}"
            yield StrategyError(text, source.file, node.lineno, source.name, scope.strategy)


def bound_names(tree: ast.FunctionDef) -> set[str]:
    """Names that a function binds itself, in itself or in what lies within it."""
    bound: set[str] = set()
    body = [node for part in (tree.args, *tree.body) for node in ast.walk(part)]
    for node in body:
        if isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            bound.add(node.name)
    return bound


def subset_problems(source: FunctionSource, scope: Scope) -> Iterator[StrategyCompileError]:
    """Find what can't be compiled."""
    tree = source.tree()
    if tree.decorator_list:
        yield source.error("decorated methods are not compiled", tree.decorator_list[0].lineno)
    for statement in tree.body:
        for node in ast.walk(statement):
            reason = unsupported(node, source, scope)
            if reason:
                yield source.error(reason, getattr(node, "lineno", statement.lineno))


def unsupported(node: ast.AST, source: FunctionSource, scope: Scope) -> str | None:
    """Say why a node can't be compiled, or None."""
    if type(node) in UNSUPPORTED:
        return UNSUPPORTED[type(node)]
    if isinstance(node, ast.ExceptHandler) and node.type is not None:
        is_plain = isinstance(node.type, ast.Name) and node.type.id == "Exception"
        return None if is_plain and not node.name else "only `except:` and `except Exception:` are compiled"
    if isinstance(node, ast.Call):
        return unsupported_call(node, source, scope)
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in source.names:
        return unsupported_value(node.id, source.names[node.id])
    return None


def unsupported_call(node: ast.Call, source: FunctionSource, scope: Scope) -> str | None:
    """Say why a call can't be compiled, or None."""
    function = node.func
    if isinstance(function, ast.Name):
        if function.id in UNSUPPORTED_CALLS and function.id not in source.names:
            return UNSUPPORTED_CALLS[function.id]
    elif is_attribute_of(function, scope.context) and isinstance(function, ast.Attribute) and function.attr == "log":
        return unsupported_log(node)
    return None


def unsupported_log(node: ast.Call) -> str | None:
    """Say why a line of the log can't be compiled, or None."""
    if node.args and isinstance(node.args[0], ast.JoinedStr):
        return UNSUPPORTED[ast.JoinedStr]
    literal = node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)
    if not literal or node.keywords:
        return 'the log takes a literal text and numbers: ctx.log("text {}", value)'
    return f"a line of the log holds at most {LOG_VALUES} values" if len(node.args) > LOG_VALUES + 1 else None


def unsupported_value(name: str, value: Any) -> str | None:
    """Say why a global value can't be used in compiled code, or None."""
    if (
        is_constant(value)
        or is_user_function(value)
        or (is_let_pass(value) and not isinstance(value, list | dict | set))
    ):
        return None
    kind = type(value).__name__
    return f"the global {name!r} is a {kind}, which may change; make it a tuple or a number, or declare a field"
