"""The committed pages are what the layouts and rules say today."""

from __future__ import annotations

from pathlib import Path

import pytest

from atlas.records import RECORDS, Kind
from atlas.records.document import orders_page, records_page, write_pages
from atlas.records.order_states import EVENT_MEANINGS, OrderEvent

DOCS = Path(__file__).parents[3] / "docs"
REMEDY = "run: python -m atlas.records.document docs"


@pytest.mark.parametrize(("name", "page"), [("records.md", records_page()), ("orders.md", orders_page())])
def test_the_committed_page_is_up_to_date(name: str, page: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == page, REMEDY


def test_pages_are_written_where_asked(tmp_path: Path) -> None:
    assert [path.name for path in write_pages(tmp_path)] == ["records.md", "orders.md"]
    assert (tmp_path / "orders.md").read_text(encoding="utf-8").startswith("# Orders")


@pytest.mark.parametrize("kind", Kind)
def test_every_field_states_unit_null_and_meaning(kind: Kind) -> None:
    layout = RECORDS[kind]
    assert layout.purpose.endswith(".")
    for field in layout.fields:
        assert field.unit
        assert field.meaning
        assert field.null in ("NULL", "NaN", "0", "-")
        assert (field.null == "NaN") == (field.format == "f8")
        assert field.null != "NULL" or field.format == "i8"


@pytest.mark.parametrize("kind", Kind)
def test_names_end_in_their_unit(kind: Kind) -> None:
    endings = {
        "price units": "_units",
        "quantity units": "_units",
        "currency steps": "_money",
        "ns UTC": "_ns",
        "ns": "_ns",
    }
    for field in RECORDS[kind].fields:
        if field.unit in endings:
            assert field.name.endswith(endings[field.unit]), field.name


def test_every_event_is_explained() -> None:
    assert set(EVENT_MEANINGS) == set(OrderEvent)
