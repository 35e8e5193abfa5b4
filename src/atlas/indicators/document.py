"""Writes the page about indicators from the classes themselves: ``python -m atlas.indicators.document docs``."""

from __future__ import annotations

import importlib
import inspect
import itertools
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import atlas.kernel.indicators as room
from atlas.indicators.functions import function_name, input_names, parameters_of
from atlas.kernel.indicators import Indicator, Window
from atlas.records.errors import InvalidRequestError

_MODULES = ("averages", "convergence", "momentum", "oscillators", "volatility", "channels", "trend", "volume")
MODULES = (*_MODULES, "regression", "rolling", "charts")
TEXT = Path(__file__).with_name("introduction.md")
SECTION = re.compile(r"\n(?P<title>[A-Z]\w+)\n-{3,}\n")
HEAD = ("indicator", "function", "inputs", "parameters", "ready after", "outputs")


def sections_of(indicator: type[Indicator]) -> dict[str, str]:
    """Split a class's docstring into its summary (under an empty title) and the sections it names."""
    text = inspect.getdoc(indicator) or ""
    parts = SECTION.split(f"{text}\n")
    return {"": parts[0].strip(), **dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))}


def classes() -> dict[str, list[type[Indicator]]]:
    """Return the public indicators with an `update`, by module, in the order of their names."""
    found: dict[str, list[type[Indicator]]] = {module: [] for module in MODULES}
    for name in room.__all__:
        value = getattr(room, name)
        if isinstance(value, type) and value not in (Indicator, Window):
            found[value.__module__.rpartition(".")[2]].append(value)
    return {module: sorted(members, key=lambda each: each.__name__.lower()) for module, members in found.items()}


def example_of(indicator: Any) -> Indicator:
    """Return the indicator with its defaults; where the length has none, with 20."""
    lacks = any(each.default is each.empty for each in parameters_of(indicator))
    made: Indicator = indicator(length=20) if lacks else indicator()
    return made


def warm_up_of(indicator: type[Indicator]) -> str:
    """Say how many inputs it takes until an indicator is ready: for its defaults, and by which formula.

    The formula is found by changing whole-numbered parameters one by one; where it is no sum of them, the property
    `warm_up` says in words what it is.
    """
    example = example_of(indicator)
    fields: Any = indicator.dtype.fields
    lengths = {
        name: int(value) for name, value in example.arguments.items() if fields[name][0].kind == "i" and value < 1000
    }
    now = example.warm_up
    weights = {name: warm_up_with(example, {name: value + 1}) - now for name, value in lengths.items()}
    rest = now - sum(weights[name] * value for name, value in lengths.items())
    for name, value in lengths.items():
        try:
            probed = warm_up_with(example, {name: 10 * value})
        except InvalidRequestError:  # it must stay below another one
            continue
        if probed != now + 9 * value * weights[name]:
            words = inspect.getdoc(type(example).warm_up) or ""
            return f"{now} ({words[:1].lower()}{words[1:].rstrip('.')})"
    terms = [f"{'' if weight == 1 else f'{weight}·'}{name}" for name, weight in weights.items() if weight]
    formula = " + ".join(terms) + (f" {'+' if rest > 0 else '−'} {abs(rest)}" if rest and terms else "")
    return f"{now} = {formula}" if terms else str(now)


def warm_up_with(example: Indicator, changes: dict[str, int]) -> int:
    """Return the warm-up of an indicator with other arguments."""
    made: Any = type(example)
    changed: Indicator = made(**{**example.arguments, **changes})
    return changed.warm_up


def parameters_text(indicator: type[Indicator]) -> str:
    """Return the parameters with their defaults, as they are written in a call."""
    parts = [
        each.name if each.default is each.empty else f"{each.name}={each.default:_}"
        for each in parameters_of(indicator)
    ]
    return ", ".join(parts)


def table() -> Iterator[str]:
    """Give the lines of the table of all indicators."""
    yield f"| {' | '.join(HEAD)} |"
    yield "|---" * len(HEAD) + "|"
    for indicator in itertools.chain.from_iterable(classes().values()):
        name = indicator.__name__
        outputs = ", ".join(f"`{output}`" for output in dict.fromkeys(("value", *indicator.outputs)))
        inputs = ", ".join(input_names(indicator))
        cells = [f"[{name}](#{name.lower()})", f"`{function_name(indicator)}`", inputs]
        yield f"| {' | '.join([*cells, parameters_text(indicator) or '–', warm_up_of(indicator), outputs])} |"


def definitions(text: str) -> Iterator[str]:
    """Turn ``name : type`` with indented lines under it into a list."""
    entries: list[list[str]] = []
    for line in text.splitlines():
        if line and not line.startswith(" "):
            entries.append([line])
        elif line.strip():
            entries[-1].append(line.strip())
    for head, *rest in entries:
        names, _, kind = head.partition(" : ")
        quoted = ", ".join(f"`{name.strip()}`" for name in names.split(","))
        yield f"- {quoted} ({kind}): {' '.join(rest)}"


def joined(text: str) -> str:
    """Return a paragraph on one line, references to classes as code."""
    return re.sub(r"``([^`]+)``", r"`\1`", " ".join(text.split()))


def section(indicator: type[Indicator]) -> Iterator[str]:
    """Give the lines about one indicator."""
    found, name = sections_of(indicator), indicator.__name__
    call = f"{name}({parameters_text(indicator)}).update({', '.join(input_names(indicator))})"
    yield f"### {name}\n\n{found['']}\n\n`{call}`, ready after {warm_up_of(indicator)}."
    for title in ("Parameters", "Attributes"):
        if title in found:
            label = "Parameters" if title == "Parameters" else "Outputs"
            yield f"\n{label}:\n\n" + "\n".join(definitions(found[title]))
    yield f"\n{joined(found['Notes'])}\n\nSource: {joined(found['References'])}\n"


def indicators_page() -> str:
    """Return the page."""
    lines = [TEXT.read_text(encoding="utf-8").rstrip(), "", "## All of them", "", *table(), ""]
    for module, members in classes().items():
        text = inspect.getdoc(importlib.import_module(f"atlas.kernel.indicators.{module}")) or ""
        lines += [f"## {text.splitlines()[0].rstrip('.')}", ""]
        for indicator in members:
            lines += section(indicator)
    return "\n".join(lines).rstrip() + "\n"


def write_page(folder: Path) -> Path:
    """Write the page into `folder`."""
    path = folder / "indicators.md"
    path.write_text(indicators_page(), encoding="utf-8")
    return path


if __name__ == "__main__":
    write_page(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
