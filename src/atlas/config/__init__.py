"""
The documents users write, validated.

Here live plain values: the sections of a run's document, their spelling, presets and checks. Here do not live
strategies, venues or data: which of them exist is handed in as a `Registries` by the front doors.
"""

from .availability import Registries
from .documents import (
    MODES,
    document_schema,
    dump_document,
    load_document,
    load_mapping,
    parse_document,
    resolve,
    with_mode,
    write_document,
)
from .overrides import apply_override, apply_overrides
from .presets import RISK_PRESETS
from .sections import (
    CommissionSection,
    DataSourceSection,
    Document,
    ExecutionSection,
    LatencySection,
    Mode,
    MonteCarloSection,
    RiskLimitsSection,
    SlippageSection,
    StrategySection,
    ValidationSection,
    WalkForwardSection,
    limit_names,
)
from .timeframes import timeframe_ns
from .times import end_of, start_of

__all__ = [
    "MODES",
    "RISK_PRESETS",
    "CommissionSection",
    "DataSourceSection",
    "Document",
    "ExecutionSection",
    "LatencySection",
    "Mode",
    "MonteCarloSection",
    "Registries",
    "RiskLimitsSection",
    "SlippageSection",
    "StrategySection",
    "ValidationSection",
    "WalkForwardSection",
    "apply_override",
    "apply_overrides",
    "document_schema",
    "dump_document",
    "end_of",
    "limit_names",
    "load_document",
    "load_mapping",
    "parse_document",
    "resolve",
    "start_of",
    "timeframe_ns",
    "with_mode",
    "write_document",
]
