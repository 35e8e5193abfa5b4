"""
The documents users write, validated.

Here live plain values: the sections of a run's document, their spelling, presets and checks. Here do not live
strategies, venues or data: which of them exist is handed in as a `Registries` by the front doors.
"""

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .availability import Registries as Registries
    from .availability import later_keys as later_keys
    from .documents import MODES as MODES
    from .documents import document_of as document_of
    from .documents import dump_document as dump_document
    from .documents import load_document as load_document
    from .documents import load_mapping as load_mapping
    from .documents import parse_document as parse_document
    from .documents import resolve as resolve
    from .documents import with_mode as with_mode
    from .documents import write_document as write_document
    from .environment import SECRETS as SECRETS
    from .environment import redacted as redacted
    from .environment import secret as secret
    from .keys import Key as Key
    from .keys import keys_of as keys_of
    from .overrides import apply_override as apply_override
    from .overrides import apply_overrides as apply_overrides
    from .presets import RISK_PRESETS as RISK_PRESETS
    from .reading import DocumentError as DocumentError
    from .reading import Written as Written
    from .reading import read_document as read_document
    from .schema import document_schema as document_schema
    from .sections import CommissionSection as CommissionSection
    from .sections import DataSourceSection as DataSourceSection
    from .sections import Document as Document
    from .sections import ExecutionSection as ExecutionSection
    from .sections import InstrumentSection as InstrumentSection
    from .sections import LatencySection as LatencySection
    from .sections import MembershipSection as MembershipSection
    from .sections import Mode as Mode
    from .sections import MonteCarloSection as MonteCarloSection
    from .sections import RiskLimitsSection as RiskLimitsSection
    from .sections import SlippageSection as SlippageSection
    from .sections import StrategySection as StrategySection
    from .sections import ValidationSection as ValidationSection
    from .sections import WalkForwardSection as WalkForwardSection
    from .sections import limit_names as limit_names
    from .timeframes import timeframe_ns as timeframe_ns
    from .times import end_of as end_of
    from .times import start_of as start_of

# Loaded when first asked for: most of a run needs two or three of these.
_HOMES: Final = {
    "Registries": "availability",
    "later_keys": "availability",
    "MODES": "documents",
    "document_of": "documents",
    "dump_document": "documents",
    "load_document": "documents",
    "load_mapping": "documents",
    "parse_document": "documents",
    "resolve": "documents",
    "with_mode": "documents",
    "write_document": "documents",
    "SECRETS": "environment",
    "redacted": "environment",
    "secret": "environment",
    "Key": "keys",
    "keys_of": "keys",
    "apply_override": "overrides",
    "apply_overrides": "overrides",
    "DocumentError": "reading",
    "Written": "reading",
    "read_document": "reading",
    "document_schema": "schema",
    "RISK_PRESETS": "presets",
    "CommissionSection": "sections",
    "DataSourceSection": "sections",
    "Document": "sections",
    "ExecutionSection": "sections",
    "LatencySection": "sections",
    "Mode": "sections",
    "InstrumentSection": "sections",
    "MembershipSection": "sections",
    "MonteCarloSection": "sections",
    "RiskLimitsSection": "sections",
    "SlippageSection": "sections",
    "StrategySection": "sections",
    "ValidationSection": "sections",
    "WalkForwardSection": "sections",
    "limit_names": "sections",
    "timeframe_ns": "timeframes",
    "end_of": "times",
    "start_of": "times",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Load a public name from the module that holds it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'atlas.config' has no attribute {name!r}")
    return getattr(importlib.import_module(f"atlas.config.{_HOMES[name]}"), name)
