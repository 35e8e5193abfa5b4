"""Named sets of values that a document may ask for instead of spelling them out."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

RISK_PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "conservative": MappingProxyType(
            {
                "maxOrderSize": 1_000.0,
                "maxPositionQuantity": 10_000.0,
                "maxExposure": 50_000.0,
                "maxOpenPositions": 5,
                "maxLossPerTrade": 500.0,
                "maxDailyLossAmount": 5_000.0,
                "maxConsecutiveLosses": 5,
                "maxTradesPerDay": 50,
                "cooldownMinutes": 60.0,
                "priceBand": 0.05,
                "ordersPerSecond": 10.0,
                "concentration": 0.10,
                "maxLeverage": 2.0,
                "maxDailyLoss": 0.05,
                "maxDrawdown": 0.20,
                "reduceDrawdown": 0.10,
                "stopLoss": 0.02,
                "trailingStop": 0.015,
                "trailingActivation": 0.02,
                "profitTargets": (0.03, 0.05),
            }
        )
    }
)
"""Limits of each risk preset, by the key they have in a document."""

LATENCY_PRESETS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "none": MappingProxyType({}),
        "colocated": MappingProxyType(
            {
                "orderMs": 0.2,
                "acknowledgementMs": 0.2,
                "fillReportMs": 0.2,
                "marketDataMs": 0.1,
                "jitterMs": 0.1,
            }
        ),
        "remote": MappingProxyType(
            {
                "orderMs": 40.0,
                "acknowledgementMs": 40.0,
                "fillReportMs": 40.0,
                "marketDataMs": 40.0,
                "jitterMs": 20.0,
            }
        ),
    }
)
"""Delays of each latency preset: co-located stays under 1 ms, remote within 10 to 100 ms."""
