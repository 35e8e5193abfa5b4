"""The bytes of every kind are those that were recorded when its layout was fixed."""

from __future__ import annotations

import numpy as np
import pytest

from atlas.records import LAYOUTS, RECORDS, Kind
from tests.golden.records import regenerate

GOLDEN = regenerate.read_golden()


def test_every_kind_has_a_golden_record_and_no_other_is_there() -> None:
    assert list(GOLDEN) == [kind.name for kind in Kind]


@pytest.mark.parametrize("kind", Kind)
def test_writing_gives_the_golden_bytes(kind: Kind) -> None:
    assert regenerate.golden_record(kind).hex() == GOLDEN[kind.name]


@pytest.mark.parametrize("kind", Kind)
def test_reading_the_golden_bytes_gives_every_field(kind: Kind) -> None:
    record = np.frombuffer(bytes.fromhex(GOLDEN[kind.name]), LAYOUTS[kind])[0]
    for place, field in enumerate(RECORDS[kind].fields, 1):
        expected = kind if field.name == "kind" else regenerate.golden_value(field, place)
        assert record[field.name].item() == expected, field.name


def test_a_change_is_not_written_silently(monkeypatch: pytest.MonkeyPatch) -> None:
    altered = dict(GOLDEN, BAR="00" * 64)
    monkeypatch.setattr(regenerate, "read_golden", lambda: altered)
    before = regenerate.GOLDEN.read_bytes()
    with pytest.raises(SystemExit, match="refused: these kinds would change: BAR"):
        regenerate.main([])
    assert regenerate.GOLDEN.read_bytes() == before
