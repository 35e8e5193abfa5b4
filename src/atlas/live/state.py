"""A machine's state as bytes and back: the block's snapshot, and what open strategies save of themselves."""

from __future__ import annotations

from typing import Any

from atlas.gateways.gateway import Position, Record, RecordKey, record_key
from atlas.journal.snapshots import Snapshot
from atlas.kernel.memory.fingerprint import fingerprint
from atlas.kernel.memory.snapshot import take_snapshot
from atlas.kernel.trader.restoration import restore_trader_into
from atlas.live.machine import Machine, kind_of, time_of
from atlas.records.kinds import Kind


def state_hash(machine: Machine) -> int:
    """First word of the block's fingerprint, unsigned."""
    return int(fingerprint(machine.block)[:16], 16)


def save_state(machine: Machine, position: Position, started: bool) -> tuple[bytes, dict[str, Any]]:
    """Return the state and its schema, for a `SnapshotStore`; between two events."""
    parts = [take_snapshot(machine.block)]
    open_states = []
    for bound in machine.bound:
        if not bound.definition.is_open:
            continue
        for number, instance in enumerate(bound.instances):
            parts.append(instance.save())
            open_states.append([bound.index, number, int(bound.definition.strategy.version)])
    schema = {
        "block": machine.block.layout.name,
        "configuration": machine.setup.configuration_hash.hex(),
        "sizes": [len(part) for part in parts],
        "open_states": open_states,
        "time_ns": position.time_ns,
        "seen": [list(key) for key in sorted(position.seen)],
        "started": started,
    }
    return b"".join(parts), schema


def load_state(machine: Machine, snapshot: Snapshot) -> tuple[Position, bool]:
    """Bring a machine that has applied nothing to a snapshot's state; the position and whether trading had started.

    Raises
    ------
    RecoveryError, JournalError, CapacityError
        The snapshot can't be carried over into this machine.
    """
    content, schema, parts, start = snapshot.blob.tobytes(), snapshot.schema, [], 0
    for size in schema["sizes"]:
        parts.append(content[start : start + size])
        start += size
    restore_trader_into(machine.block, parts[0])
    for (strategy, number, version), state in zip(schema["open_states"], parts[1:], strict=True):
        machine.bound[strategy - 1].instances[number].load(state, version)
    seen = frozenset((int(kind), int(place), int(name)) for kind, place, name in schema["seen"])
    return Position(int(schema["time_ns"]), seen), bool(schema["started"])


class Progress:
    """How far a run has got, told event by event; the same live and in replay.

    Attributes
    ----------
    position : Position
        Where the gateway goes on.
    started : bool
        Whether trading was started and not stopped.
    """

    def __init__(self, position: Position | None = None, started: bool = False) -> None:
        self.position = position or Position()
        self.started = started

    def note(self, record: Record) -> None:
        """Take one event into account."""
        kind, time_ns, key = kind_of(record), time_of(record), record_key(record)
        if kind == Kind.OPERATOR_START:
            self.started = True
        elif kind == Kind.OPERATOR_STOP:
            self.started = False
        self.note_latest(time_ns, frozenset({key}))

    def note_latest(self, time_ns: int, keys: frozenset[RecordKey]) -> None:
        """Take events other than an operator's words into account: the latest of their times, the keys at that time."""
        if time_ns > self.position.time_ns:
            self.position = Position(time_ns, keys)
        elif time_ns == self.position.time_ns:
            self.position = Position(time_ns, keys.union(self.position.seen))
