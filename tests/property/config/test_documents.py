"""Laws of documents, on drawn ones."""

import json
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.config import document_schema, dump_document, parse_document, resolve
from atlas.config.reading import yaml_value
from atlas.records.errors import ConfigurationError
from tests.unit.config.json_schema import is_valid

SCHEMA = document_schema()
fractions = st.floats(0.0, 1.0)
amounts = st.floats(0.01, 1e9)


def maybe_text(numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Number, or the same as a decimal string."""
    return numbers | numbers.map(repr)


traps = st.sampled_from(
    ["1e6", "1_0", "0x1", "010", "1:30", "2020-01-01", "yes", "~", ".nan", "null", "=", "<<", "- a"]
)
parameters = st.dictionaries(
    st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=5),
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | traps | st.lists(traps),
    max_size=3,
)


documents = st.fixed_dictionaries(
    {"strategy": st.sampled_from(["momentum", "breakout"]), "mode": st.just("backtest")},
    optional={
        "id": st.text(st.characters(categories=["L", "N", "P", "Z"]), max_size=8) | traps,
        "initialCapital": maybe_text(amounts),
        "commission": maybe_text(fractions) | st.fixed_dictionaries({}, optional={"perShare": maybe_text(amounts)}),
        "slippage": st.fixed_dictionaries({"fixedBps": maybe_text(amounts)}),
        "seed": maybe_text(st.integers(0, 2**31)),
        "symbols": st.lists(st.sampled_from(["AAPL", "ON", "007", "NO"]) | traps, unique=True),
        "risk_limits": st.fixed_dictionaries(
            {}, optional={"max_drawdown": maybe_text(fractions), "maxOpenPositions": st.integers(1, 50)}
        ),
        "parameters": parameters,
        "startDate": st.dates(date(1700, 1, 1), date(2200, 1, 1)).map(str),
        "execution": st.fixed_dictionaries({}, optional={"touchFills": st.booleans()}),
    },
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = ["strategy", "mode", "symbols", "commission", "slippage", "riskLimits", "execution", "data_source", "seed", "x"]


@settings(max_examples=60, deadline=None)
@given(documents)
def test_resolved_documents_read_back_equal(mapping: dict[str, Any]) -> None:
    document = parse_document(mapping)
    assert parse_document(resolve(document)) == document
    assert parse_document(yaml_value(dump_document(document))) == document
    assert parse_document(json.loads(json.dumps(resolve(document)))) == document


@settings(max_examples=60, deadline=None)
@given(documents)
def test_resolving_again_changes_nothing(mapping: dict[str, Any]) -> None:
    once = resolve(parse_document(mapping))
    text = dump_document(parse_document(once))
    assert resolve(parse_document(once)) == once
    assert dump_document(parse_document(yaml_value(text))) == text


@settings(max_examples=100, deadline=None)
@given(documents)
def test_what_is_read_is_valid_by_the_schema(mapping: dict[str, Any]) -> None:
    parse_document(mapping)
    assert is_valid(mapping, SCHEMA, SCHEMA)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), anything, max_size=5))
def test_anything_is_parsed_or_refused(mapping: dict[str, Any]) -> None:
    try:
        document = parse_document({"strategy": "momentum", "mode": "backtest", **mapping})
    except ConfigurationError:
        return
    assert parse_document(resolve(document)) == document
