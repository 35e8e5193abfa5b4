"""What a live run is made from, as values and as the metadata of its journal, from which a replay makes it again."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from atlas.kernel.indicators import Indicator
from atlas.kernel.memory.compilation import sources_hash
from atlas.kernel.memory.identity import is_own
from atlas.kernel.trader.creation import AccountSetup, Capacities, Limits, StrategySetup, TraderSetup
from atlas.records.enums import AssetClass, ContractStyle, ExerciseStyle, OptionRight, SettlementMethod
from atlas.records.errors import ConfigurationError, RecoveryError
from atlas.records.instruments import Instrument
from atlas.strategy.base import Strategy
from atlas.strategy.definition import StrategyDefinition, definition_of

METADATA_VERSION: Final = 1
HASH_BYTES: Final = 32
INSTRUMENT_ENUMS: Final[dict[str, type[Enum]]] = {
    "asset_class": AssetClass,
    "contract_style": ContractStyle,
    "exercise_style": ExerciseStyle,
    "settlement_method": SettlementMethod,
    "option_right": OptionRight,
}


@dataclass(frozen=True)
class LiveSetup:
    """What the trader of a live run is made from.

    Parameters
    ----------
    trader : TraderSetup
        Instruments, accounts, limits; its `strategies` and `epoch` are filled in from the rest.
    strategies : sequence of Strategy
        In order of asking; the first trades the first account, and so on, the last account serves those left.
    mode : {"auto", "compiled", "interpreted"}
        How hooks run.
    """

    trader: TraderSetup
    strategies: Sequence[Strategy]
    mode: str = "auto"

    @cached_property
    def definitions(self) -> list[StrategyDefinition]:
        """The strategies as the compiler sees them."""
        return [definition_of(strategy) for strategy in self.strategies]

    def trader_setup(self) -> TraderSetup:
        """Return the trader's setup with its strategies."""
        rows, last = len(self.trader.instruments) + 1, len(self.trader.accounts) - 1
        placed = [
            StrategySetup(
                definition.name, min(number, last), definition.scope == "universe", definition.state_bytes_for(rows)
            )
            for number, definition in enumerate(self.definitions)
        ]
        return replace(self.trader, strategies=placed)

    @cached_property
    def code_hash(self) -> bytes:
        """Hash of all that recomputes commands: the kernel, and the closed strategies with their parameters."""
        parts = [sources_hash()]
        parts += [definition.fingerprint for definition in self.definitions if not definition.is_open]
        return hashlib.blake2b("\0".join(parts).encode(), digest_size=HASH_BYTES).digest()

    @cached_property
    def configuration_hash(self) -> bytes:
        """Hash of the trader's setup, which decides what risk lets pass."""
        text = json.dumps(describe_trader(self.trader), sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=HASH_BYTES).digest()

    def metadata(self) -> dict[str, Any]:
        """Return what the journal's header says, so that `from_metadata` makes the same run of it."""
        return {
            "metadata_version": METADATA_VERSION,
            "run": "live",
            "trader": describe_trader(self.trader),
            "strategies": [describe_strategy(definition) for definition in self.definitions],
            "mode": self.mode,
            "kernel_hash": sources_hash(),
        }

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any], strategies: Sequence[Strategy] | None = None) -> LiveSetup:
        """Make the setup that wrote `metadata`.

        Parameters
        ----------
        metadata : mapping
            Of a journal's header.
        strategies : sequence of Strategy, optional
            In place of those that the metadata names.

        Raises
        ------
        RecoveryError
            The metadata is of no live run, or a strategy can't be found.
        """
        if metadata.get("run") != "live" or metadata.get("metadata_version") != METADATA_VERSION:
            raise RecoveryError("the journal's header does not say how its run was set up")
        named = strategies or [restore_strategy(entry) for entry in metadata["strategies"]]
        return cls(restore_trader(metadata["trader"]), named, metadata["mode"])


# --- the trader ------------------------------------------------------------------------------------------------------


def describe_trader(setup: TraderSetup) -> dict[str, Any]:
    """Return a trader's setup as JSON can say it; strategies, run and epoch aside."""
    described = {name: plain(value) for name, value in asdict(setup).items()}
    for name in ("strategies", "run_id", "epoch"):
        described.pop(name)
    return described


def plain(value: Any) -> Any:
    """Return a value as JSON has it: enumerations by number, decimals as text."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {name: plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return value


def restore_trader(described: Mapping[str, Any]) -> TraderSetup:
    """Return the setup that `describe_trader` described."""
    values = dict(described)
    values["instruments"] = [restore_instrument(entry) for entry in values["instruments"]]
    values["accounts"] = [
        AccountSetup(**{**entry, "limits": Limits(**entry["limits"])}) for entry in values["accounts"]
    ]
    values["capacities"] = Capacities(**values["capacities"])
    return TraderSetup(**values)


def restore_instrument(entry: Mapping[str, Any]) -> Instrument:
    """Return an instrument from its plain values."""
    values = dict(entry)
    for name, enumeration in INSTRUMENT_ENUMS.items():
        if values.get(name) is not None:
            values[name] = enumeration(values[name])
    return Instrument(**values)


# --- strategies ------------------------------------------------------------------------------------------------------


def describe_strategy(definition: StrategyDefinition) -> dict[str, Any]:
    """Return where a strategy's class is found and which of its fields were set."""
    strategy = definition.strategy
    return {
        "name": definition.name,
        "module": strategy.__module__,
        "class": strategy.__qualname__,
        "file": inspect.getsourcefile(strategy) or "",
        "parameters": {name: parameter(name, value) for name, value in vars(definition.instance).items()}
        if not definition.is_open
        else {},
        "open": definition.is_open,
        "version": strategy.version,
        "code_hash": definition.code_hash,
    }


def parameter(name: str, value: Any) -> Any:
    """Return a parameter as JSON can say it.

    Raises
    ------
    ConfigurationError
        JSON can't.
    """
    if isinstance(value, Indicator):
        kind = type(value)
        value = {"indicator": kind.__name__, "arguments": dict(value.arguments)}
        if not is_own(kind):
            value |= {"module": kind.__module__, "file": inspect.getsourcefile(kind) or ""}
    if isinstance(value, Enum):
        value = value.value
    if not isinstance(value, bool | int | float | str | dict):
        raise ConfigurationError(f"the parameter {name} = {value!r} can't be written into a journal's header")
    return value


def restore_strategy(entry: Mapping[str, Any]) -> Strategy:
    """Import a strategy's class and set its parameters.

    Raises
    ------
    RecoveryError
        Module or class is not there any more.
    """
    module = load_module(entry["module"], Path(entry["file"]))
    found: Any = module
    for part in entry["class"].split("."):
        found = getattr(found, part, None)
    if not (isinstance(found, type) and issubclass(found, Strategy)):
        raise RecoveryError(f"the strategy {entry['class']} is not in {entry['file'] or entry['module']} any more")
    return found(**{name: restore_parameter(value) for name, value in entry["parameters"].items()})


def restore_parameter(value: Any) -> Any:
    """Return a parameter from what `parameter` made of it."""
    if not isinstance(value, dict):
        return value
    if "module" in value:
        home = load_module(value["module"], Path(value["file"]))
    else:
        home = importlib.import_module("atlas.kernel.indicators")
    return getattr(home, value["indicator"])(**value["arguments"])


def load_module(name: str, path: Path) -> Any:
    """Import a module by name, or from its file where it has no importable name.

    Raises
    ------
    RecoveryError
        Neither is there.
    """
    if name in sys.modules:
        return sys.modules[name]
    if importlib.util.find_spec(name.partition(".")[0]) is not None:
        return importlib.import_module(name)
    specification = importlib.util.spec_from_file_location(name, path) if path.suffix == ".py" else None
    if specification is None or specification.loader is None or not path.exists():
        raise RecoveryError(f"the strategy's module {name} is not there any more, nor its file {path}")
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module
