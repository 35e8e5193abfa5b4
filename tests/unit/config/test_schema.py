"""The schema describes what Atlas accepts, key by key."""

from __future__ import annotations

import json
from typing import Any

import pytest

from atlas.config import Document, document_schema, keys_of
from tests.unit.config.json_schema import is_valid
from tests.unit.config.test_documents import FULL, snake

SCHEMA = document_schema()


def accepts(document: dict[str, Any]) -> bool:
    return is_valid(document, SCHEMA, SCHEMA)


def test_every_key_is_described_with_an_example() -> None:
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA
    described = {
        name
        for definition in SCHEMA["$defs"].values()
        for name, schema in definition.get("properties", {}).items()
        if schema["description"].endswith(".") and (schema.get("examples") or name in ("strategy_type", "parameters"))
    }
    assert {key.name for key in keys_of(Document)} <= described
    limit = SCHEMA["$defs"]["RiskLimitsSection"]["properties"]["stopLoss"]
    assert limit["description"].endswith("Unit: fraction of entry. Not available yet.")


@pytest.mark.parametrize(
    "document",
    [
        FULL,
        snake(FULL),
        {"strategy": "x"},
        {"$schema": "run.schema.json", "strategy_type": "x", "parameters": {"fast": 5}},
        {"strategy": "x", "symbols": "A, B", "commission": "0.001", "slippage": "fixed", "riskLimits": "conservative"},
        {"strategy": "x", "commission": 0.001, "execution": {"latency": "remote"}, "data_source": "bars.csv"},
        {"strategy": "x", "dataSource": "bars.csv", "seed": "7", "riskLimits": {"stopLoss": None}},
    ],
)
def test_what_is_read_is_valid(document: dict[str, Any]) -> None:
    assert accepts(document)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"strategy": "x", "seeed": 1},
        {"strategy": "x", "StartDate": "2020-01-01"},
        {"strategy": "x", "riskLimits": {"maxDrawdwn": 0.1}},
        {"strategy": "x", "riskLimits": {"maxDrawdown": 1.5}},
        {"strategy": "x", "risk_limits": {"max_drawdown": 1.5}},
        {"strategy": "x", "initialCapital": "much"},
        {"strategy": "x", "mode": "bcktest"},
        {"strategy": "x", "execution": {"touchFills": "yes"}},
        {"strategy": "x", "symbols": [1]},
    ],
)
def test_what_is_refused_is_invalid(document: dict[str, Any]) -> None:
    assert not accepts(document)
