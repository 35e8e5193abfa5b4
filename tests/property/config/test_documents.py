"""Laws of documents, on drawn ones."""

from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.config import dump_document, parse_document, resolve
from atlas.records.errors import ConfigurationError

fractions = st.floats(0.0, 1.0)
amounts = st.floats(0.01, 1e9)


def maybe_text(numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Number, or the same as a decimal string."""
    return numbers | numbers.map(repr)


documents = st.fixed_dictionaries(
    {"strategy": st.sampled_from(["momentum", "breakout"]), "mode": st.just("backtest")},
    optional={
        "id": st.text(st.characters(categories=["L", "N"]), max_size=8),
        "initialCapital": maybe_text(amounts),
        "commission": maybe_text(fractions) | st.fixed_dictionaries({}, optional={"perShare": maybe_text(amounts)}),
        "slippage": st.fixed_dictionaries({"fixedBps": maybe_text(amounts)}),
        "seed": maybe_text(st.integers(0, 2**31)),
        "symbols": st.lists(st.sampled_from(["AAPL", "ON", "007", "NO"]), unique=True),
        "risk_limits": st.fixed_dictionaries(
            {}, optional={"max_drawdown": maybe_text(fractions), "maxOpenPositions": st.integers(1, 50)}
        ),
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
    assert parse_document(yaml.safe_load(dump_document(document))) == document


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), anything, max_size=5))
def test_anything_is_parsed_or_refused(mapping: dict[str, Any]) -> None:
    try:
        document = parse_document({"strategy": "momentum", "mode": "backtest", **mapping})
    except ConfigurationError:
        return
    assert parse_document(resolve(document)) == document
