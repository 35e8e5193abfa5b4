"""Small rewrites of hooks, methods and functions before they run, in either mode.

Both modes: every loop counts its turns; texts of `ctx.log` become numbers; literal symbols become hidden fields;
whole-number fields refuse fractions. Compiled only: `super()` becomes a method of another name, and a hook notes
the line it is at. Lines and columns stay the user's.
"""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass, field
from typing import TypeVar

MOST_TURNS = 10_000_000
TURNS = "turns__"
WHOLE = "whole__"
MISSING = "missing__"
LOG_VALUES = 8
Node = TypeVar("Node", bound=ast.AST)


def text_number(text: str) -> int:
    """Return the number that stands for a text of the log: the same in every process, above zero."""
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 2 | 1


@dataclass
class Rewrite:
    """What a rewrite has to know, and what it finds.

    Parameters
    ----------
    own, context : str
        Names of the parameters that are the strategy and its context; empty: there is none.
    whole_fields : frozenset of str
        Fields that hold whole numbers.
    verbs : dict of str to int
        The context's methods that take an instrument, and which of their arguments it is.
    owner : str
        Name of the class that defines the function, for `super()`; empty for plain functions.
    native : bool
        Whether the function is to be compiled.
    is_hook : bool
        Whether it is called by the kernel, so that it notes its lines and returns nothing.
    symbols : list of str
        Symbols found, in order; shared by all functions of a strategy.
    texts : dict of int to str
        Texts of the log found, by number; shared likewise.
    columns : list of str
        Further columns of the data found, in order; shared likewise.
    payload : str
        Name of the parameter that is what happened, where it has an instrument; else empty.
    """

    own: str = ""
    context: str = ""
    whole_fields: frozenset[str] = frozenset()
    verbs: dict[str, int] = field(default_factory=dict)
    owner: str = ""
    native: bool = False
    is_hook: bool = False
    symbols: list[str] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)
    columns: list[str] = field(default_factory=list)
    payload: str = ""


def rewrite(tree: ast.FunctionDef, plan: Rewrite) -> ast.FunctionDef:
    """Rewrite a function's tree in place and return it: no decorators, annotations or defaults are left."""
    tree.decorator_list = []
    tree.returns = None
    every = [*tree.args.posonlyargs, *tree.args.args, *tree.args.kwonlyargs]
    for argument in (*every, tree.args.vararg, tree.args.kwarg):
        if argument is not None:
            argument.annotation = None
    tree.args.defaults = [ast.Constant(None) for _ in tree.args.defaults]
    tree.args.kw_defaults = [default and ast.Constant(None) for default in tree.args.kw_defaults]
    Rewriter(plan).rewrite_body(tree)
    return ast.fix_missing_locations(tree)


class Rewriter(ast.NodeTransformer):
    """Rewrites one function."""

    def __init__(self, plan: Rewrite) -> None:
        self.plan = plan
        self.depth = 0

    def rewrite_body(self, tree: ast.FunctionDef) -> None:
        """Rewrite the statements of a function, and give it its counter of turns."""
        has_loops = any(isinstance(node, ast.For | ast.While) for node in ast.walk(tree))
        self.depth += 1
        tree.body = [node for statement in tree.body for node in as_list(self.visit(statement))]
        if self.plan.native and self.plan.is_hook and self.depth == 1:
            tree.body = self.with_lines(tree.body)
        self.depth -= 1
        if has_loops:
            tree.body.insert(0, located(assign(TURNS, ast.Constant(0)), tree.body[0]))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Rewrite a function within the function."""
        self.rewrite_body(node)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        """Leave lambdas: they hold no loops."""
        return node

    # --- loops ---

    def visit_For(self, node: ast.For) -> ast.AST:
        """Count the turns of a loop."""
        self.generic_visit(node)
        node.body = [*self.count_turn(node), *node.body]
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        """Count the turns of a loop."""
        self.generic_visit(node)
        node.body = [*self.count_turn(node), *node.body]
        return node

    def count_turn(self, loop: ast.stmt) -> list[ast.stmt]:
        """Make the statements that count a turn and stop a loop that turns too often."""
        count = ast.AugAssign(ast.Name(TURNS, ast.Store()), ast.Add(), ast.Constant(1))
        error = ast.Call(ast.Name("RuntimeError", ast.Load()), [ast.Constant(turns_message())], [])
        test = ast.Compare(ast.Name(TURNS, ast.Load()), [ast.Gt()], [ast.Constant(MOST_TURNS)])
        return [located(count, loop), located(ast.If(test, [ast.Raise(error, None)], []), loop)]

    # --- fields that hold whole numbers ---

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        """Check what is stored in a whole-number field."""
        self.generic_visit(node)
        if any(self.is_whole_field(target) for target in node.targets):
            node.value = self.whole(node.value)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | list[ast.stmt]:
        """Drop the annotation of a local variable."""
        self.generic_visit(node)
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        return self.visit_whole_assignment(ast.copy_location(ast.Assign([node.target], node.value), node))

    def visit_whole_assignment(self, node: ast.Assign) -> ast.AST:
        """Check what is stored in a whole-number field by an assignment already visited."""
        if any(self.is_whole_field(target) for target in node.targets):
            node.value = self.whole(node.value)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        """Check what is stored in a whole-number field by `+=` and its like."""
        self.generic_visit(node)
        target = node.target
        if not (isinstance(target, ast.Attribute) and self.is_whole_field(target)):
            return node
        read = ast.copy_location(ast.Attribute(target.value, target.attr, ast.Load()), target)
        value = ast.copy_location(ast.BinOp(read, node.op, node.value), node)
        return ast.copy_location(ast.Assign([target], self.whole(value)), node)

    def is_whole_field(self, target: ast.expr) -> bool:
        """Whether a target is such a field of the strategy."""
        return is_attribute_of(target, self.plan.own) and target.attr in self.plan.whole_fields  # type: ignore[attr-defined]

    def whole(self, value: ast.expr) -> ast.expr:
        """Wrap a value in the check."""
        return ast.copy_location(ast.Call(ast.Name(WHOLE, ast.Load()), [value], []), value)

    # --- calls ---

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Rewrite `super().method(...)`, `ctx.log(...)` and literal symbols."""
        self.generic_visit(node)
        function = node.func
        if self.plan.native and is_super_method(function):
            assert isinstance(function, ast.Attribute)
            name = super_name(self.plan.owner, function.attr)
            node.func = ast.copy_location(ast.Attribute(self.own_name(function), name, ast.Load()), function)
        elif is_attribute_of(function, self.plan.payload) and getattr(function, "attr", "") == "column":
            self.rewrite_column_of_payload(node)
            self.rewrite_column(node)
        elif is_attribute_of(function, self.plan.context):
            assert isinstance(function, ast.Attribute)
            if function.attr == "log":
                self.rewrite_log(node, function)
            elif function.attr in self.plan.verbs and self.plan.own:
                self.rewrite_symbol(node, self.plan.verbs[function.attr])
            if function.attr == "column":
                self.rewrite_column(node)
        return node

    def own_name(self, place: ast.AST) -> ast.expr:
        """Make a reading of the strategy's own parameter."""
        return ast.copy_location(ast.Name(self.plan.own, ast.Load()), place)

    def rewrite_log(self, node: ast.Call, function: ast.Attribute) -> None:
        """Turn a text into its number, and its values into the eight that the verb takes."""
        if node.keywords or not node.args or len(node.args) > LOG_VALUES + 1:
            return
        text = node.args[0]
        if not (isinstance(text, ast.Constant) and isinstance(text.value, str)):
            return
        number = text_number(text.value)
        self.plan.texts[number] = text.value
        values = node.args[1:]
        count = ast.copy_location(ast.Constant(len(values)), text)
        absent = [located(ast.Name(MISSING, ast.Load()), text) for _ in range(LOG_VALUES - len(values))]
        node.args = [ast.copy_location(ast.Constant(number), text), count, *values, *absent]
        node.func = ast.copy_location(ast.Attribute(function.value, "log_values", ast.Load()), function)

    def rewrite_column_of_payload(self, node: ast.Call) -> None:
        """Turn ``bar.column(name, ago)`` into ``ctx.column(name, bar.instrument, ago)``."""
        payload = ast.Name(self.plan.payload, ast.Load())
        instrument = ast.keyword("instrument", located(ast.Attribute(payload, "instrument", ast.Load()), node))
        ago = [ast.keyword("ago", value) for value in node.args[1:]]
        node.args, node.keywords = node.args[:1], [*node.keywords, *ago, instrument]
        node.func = located(ast.Attribute(ast.Name(self.plan.context, ast.Load()), "column", ast.Load()), node.func)

    def rewrite_column(self, node: ast.Call) -> None:
        """Turn the literal name of a further column into its number."""
        named = [keyword for keyword in node.keywords if keyword.arg == "name"]
        value = node.args[0] if node.args else (named[0].value if named else None)
        if not (isinstance(value, ast.Constant) and isinstance(value.value, str)):
            return
        if value.value not in self.plan.columns:
            self.plan.columns.append(value.value)
        number = ast.copy_location(ast.Constant(self.plan.columns.index(value.value)), value)
        if node.args:
            node.args[0] = number
        else:
            named[0].value = number

    def rewrite_symbol(self, node: ast.Call, position: int) -> None:
        """Turn a literal symbol into the field that holds its instrument's number."""
        if len(node.args) > position:
            node.args[position] = self.symbol(node.args[position])
        for keyword in node.keywords:
            if keyword.arg == "instrument":
                keyword.value = self.symbol(keyword.value)

    def symbol(self, value: ast.expr) -> ast.expr:
        """Turn one literal symbol into a reading of its field; other values stay."""
        if not (isinstance(value, ast.Constant) and isinstance(value.value, str)):
            return value
        if value.value not in self.plan.symbols:
            self.plan.symbols.append(value.value)
        name = f"symbol__{self.plan.symbols.index(value.value)}"
        return ast.copy_location(ast.Attribute(self.own_name(value), name, ast.Load()), value)

    # --- hooks ---

    def visit_Return(self, node: ast.Return) -> ast.AST | list[ast.stmt]:
        """Let a hook return nothing, whatever it says."""
        self.generic_visit(node)
        if not self.plan.is_hook or self.depth != 1 or node.value is None:
            return node
        nothing = ast.copy_location(ast.Return(None), node)
        if isinstance(node.value, ast.Constant):
            return nothing
        return [ast.copy_location(ast.Expr(node.value), node), nothing]

    def with_lines(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Note the line before each statement that may fail."""
        answer: list[ast.stmt] = []
        for statement in body:
            if may_fail(statement):
                place = ast.Attribute(ast.Name(self.plan.context, ast.Load()), "line", ast.Store())
                answer.append(located(ast.Assign([place], ast.Constant(statement.lineno)), statement))
            answer.append(statement)
            self.within(statement)
        return answer

    def within(self, statement: ast.stmt) -> None:
        """Note the lines within a compound statement."""
        for name in ("body", "orelse", "finalbody"):
            inner = getattr(statement, name, None)
            if isinstance(inner, list) and inner and isinstance(inner[0], ast.stmt):
                setattr(statement, name, self.with_lines(inner))
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            part.body = self.with_lines(part.body)
        if isinstance(statement, ast.While) and may_fail_itself(statement.test) and not statement.orelse:
            place = ast.Attribute(ast.Name(self.plan.context, ast.Load()), "line", ast.Store())
            note = located(ast.Assign([place], ast.Constant(statement.lineno)), statement)
            refused = ast.UnaryOp(ast.Not(), statement.test)
            leave = located(ast.If(refused, [ast.Break()], []), statement)
            statement.test = located(ast.Constant(True), statement)
            statement.body = [note, leave, *statement.body]


def turns_message() -> str:
    """Text of the error of a loop that turns too often."""
    return f"a loop ran for more than {MOST_TURNS:,} turns"


def super_name(owner: str, method: str) -> str:
    """Name under which a compiled record holds the method that follows `owner`'s in the order of classes."""
    return f"super__{owner}__{method}"


def is_super_method(node: ast.expr) -> bool:
    """Whether an expression is ``super().name``."""
    if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call)):
        return False
    call = node.value
    return isinstance(call.func, ast.Name) and call.func.id == "super" and not call.keywords


def is_attribute_of(node: ast.expr, name: str) -> bool:
    """Whether an expression is an attribute of the variable `name`."""
    return bool(name) and isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name


def may_fail_itself(node: ast.AST) -> bool:
    """Whether an expression calls, indexes or divides."""
    risky = (ast.Call, ast.Subscript, ast.Raise, ast.Assert)
    division = (ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
    return any(
        isinstance(part, risky) or (isinstance(part, ast.BinOp | ast.AugAssign) and isinstance(part.op, division))
        for part in ast.walk(node)
    )


def may_fail(statement: ast.stmt) -> bool:
    """Whether a statement, or the head of a compound one, may fail."""
    heads = [getattr(statement, name) for name in ("test", "iter", "subject") if hasattr(statement, name)]
    if isinstance(statement, ast.Try | ast.With):
        return False
    return any(may_fail_itself(head) for head in heads) if heads else may_fail_itself(statement)


def assign(name: str, value: ast.expr) -> ast.Assign:
    """Make ``name = value``."""
    return ast.Assign([ast.Name(name, ast.Store())], value)


def located(node: Node, place: ast.AST) -> Node:
    """Give a new node, and all within it, the line of `place`."""
    for part in ast.walk(node):
        if isinstance(part, ast.expr | ast.stmt) and not hasattr(part, "lineno"):
            ast.copy_location(part, place)
    return node


def as_list(answer: ast.AST | list[ast.stmt] | None) -> list[ast.stmt]:
    """Return what a visit gave as a list of statements."""
    if answer is None:
        return []
    return answer if isinstance(answer, list) else [answer]  # type: ignore[list-item]
