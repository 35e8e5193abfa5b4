from __future__ import annotations

import json
from pathlib import Path

import duckdb
import numpy as np
import pytest

from atlas.journal import JournalWriter, export_json_lines, export_parquet
from atlas.records.errors import JournalError
from atlas.records.kinds import Kind
from atlas.records.layout import blank
from tests.unit.journal.samples import bars, identity, orders


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    folder = tmp_path / "journal"
    with JournalWriter.create(folder, identity()) as writer:
        writer.append_many(bars(3))
        line = blank(Kind.LOG_LINE)
        line["text_id"] = writer.intern("it's {}")
        line["value_1"] = np.inf
        writer.append_many(line)
        writer.append_many(orders(2))
    return folder


def test_json_lines_say_what_they_are(tmp_path: Path, journal: Path) -> None:
    target = tmp_path / "journal.jsonl"
    assert export_json_lines(journal, target) == 7
    head, *lines = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert head["journal"]["segments"][0]["run_id"] == str(identity().run_id)
    assert head["journal"]["layouts"]["BAR"]["fields"][0]["unit"] == "ns UTC"
    assert [line["sequence"] for line in lines] == [0, 1, 2, 3, 7, 9, 11]
    assert lines[0]["close_units"] == 100_000_000_001
    assert lines[0]["volume_units"] is None
    assert (lines[4]["text_text"], lines[4]["value_1"], lines[4]["value_2"]) == ("it's {}", "inf", None)
    assert lines[5]["order_type"] == "LIMIT"


def test_parquet_has_a_file_for_each_kind(tmp_path: Path, journal: Path) -> None:
    counts = export_parquet(journal, tmp_path / "out")
    assert counts == {"BAR": 3, "LOG_LINE": 1, "NEW_ORDER": 2, "STRING": 1}
    folder = tmp_path / "out"
    assert sorted(path.name for path in folder.iterdir()) == [
        "bar.parquet",
        "journal.json",
        "log_line.parquet",
        "new_order.parquet",
        "string.parquet",
    ]
    query = "SELECT sequence, client_order_id, order_type_name, stop_units FROM read_parquet(?)"
    assert duckdb.execute(query, [str(folder / "new_order.parquet")]).fetchall() == [
        (9, 1, "LIMIT", None),
        (11, 2, "LIMIT", None),
    ]
    texts = duckdb.execute("SELECT string_id, text FROM read_parquet(?)", [str(folder / "string.parquet")])
    assert texts.fetchall() == [(1, "it's {}")]
    values = duckdb.execute("SELECT value_1, value_2 FROM read_parquet(?)", [str(folder / "log_line.parquet")])
    assert values.fetchall() == [(float("inf"), None)]
    stored = duckdb.execute("SELECT value FROM parquet_kv_metadata(?)", [str(folder / "bar.parquet")]).fetchall()
    assert json.loads(stored[0][0])["layouts"]["BAR"]["rows"] == 1


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    records = bars(1)
    records["kind"] = 249
    with JournalWriter.create(tmp_path / "journal", identity()) as writer:
        writer.append_many(records)
    with pytest.raises(JournalError, match="kind 249"):
        export_parquet(tmp_path / "journal", tmp_path / "out")


def test_a_target_that_cannot_be_written_is_named(tmp_path: Path, journal: Path) -> None:
    with pytest.raises(JournalError, match="can't be written"):
        export_json_lines(journal, tmp_path / "absent" / "x.jsonl")
