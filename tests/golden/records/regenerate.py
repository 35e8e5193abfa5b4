"""Writes the golden records: ``python -m tests.golden.records.regenerate [--overwrite]``.

Kinds that are not in the file yet are added. A kind whose bytes would change is refused unless ``--overwrite`` is
given, because journals of that layout version exist: raise `LAYOUT_VERSION` with it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from atlas.records import LAYOUT_VERSION, RECORDS, Kind
from atlas.records.enums import NULL
from atlas.records.layout import Field

GOLDEN = Path(__file__).with_name(f"version_{LAYOUT_VERSION}.txt")


def golden_value(field: Field, place: int) -> int | float | bytes:
    """Give a value that differs from field to field and shows its byte order; some numbers are absent or negative."""
    if field.format[0] == "S":
        return (f"{field.name} äöü ".encode() * 8)[: field.size - 1]
    if field.format == "f8":
        return place + 0.125
    size = field.size
    if field.format == "i8" and place % 7 == 0:
        return NULL
    magnitude: int = int.from_bytes(bytes(range(place, place + size)), "little") % (1 << (8 * size - 1))
    return -magnitude if field.format[0] == "i" and place % 2 else magnitude


def golden_record(kind: Kind) -> bytes:
    """Give the golden bytes of a kind, made through its dtype."""
    layout = RECORDS[kind]
    record = np.zeros(1, layout.dtype)
    for place, field in enumerate(layout.fields, 1):
        record[field.name] = golden_value(field, place)
    record["kind"] = kind
    return record.tobytes()


def read_golden() -> dict[str, str]:
    """Give the recorded bytes as hexadecimal digits, by kind."""
    if not GOLDEN.exists():
        return {}
    lines = GOLDEN.read_text(encoding="ascii").splitlines()
    return dict(line.split(" ", 1) for line in lines)


def changed_kinds(recorded: dict[str, str]) -> list[str]:
    """Give the kinds whose recorded bytes would change or go."""
    current = {kind.name: golden_record(kind).hex() for kind in Kind}
    return [name for name, digits in recorded.items() if current.get(name) != digits]


def main(arguments: list[str]) -> str:
    """Write the file and give a message, or refuse.

    Raises
    ------
    SystemExit
        Recorded bytes would change and ``--overwrite`` was not given.
    """
    changed = changed_kinds(read_golden())
    if changed and "--overwrite" not in arguments:
        raise SystemExit(
            f"refused: these kinds would change: {', '.join(changed)}; raise LAYOUT_VERSION, or --overwrite"
        )
    GOLDEN.write_text("".join(f"{kind.name} {golden_record(kind).hex()}\n" for kind in Kind), encoding="ascii")
    return f"{len(Kind)} kinds written to {GOLDEN.name}"


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1:]) + "\n")
