"""Every key of the document says what it is, and the page that lists them is what the declarations say."""

from pathlib import Path
from typing import Annotated, Any

import pytest

from atlas.backtest.settings import LIMIT_KEYS
from atlas.config import Document, Key, keys_of, later_keys, limit_names, parse_document
from atlas.config.keys import key
from atlas.config.page import BEGIN, END, tables, with_tables, write_page
from atlas.config.schema import schema_text
from atlas.config.sections import PositiveCount, Section

DOCS = Path(__file__).parents[3] / "docs"
KEYS = list(keys_of(Document))


def with_example(found: Key) -> dict[str, Any]:
    """The smallest document that has a key's example in it."""
    value: Any = found.example
    for part in reversed(found.path.split(".")):
        value = {part: value}
    base: dict[str, Any] = {"mode": "backtest"} | ({} if "strategies" in value else {"strategy": {"type": "sma_cross"}})
    for name, item in value.items():
        base[name] = {**base[name], **item} if isinstance(base.get(name), dict) else item
    if "impactFactor" in found.path:
        base["slippage"]["model"] = "volume"
    return base


@pytest.mark.parametrize("found", KEYS, ids=lambda found: found.path)
def test_every_key_says_its_meaning_and_has_an_example_that_is_accepted(found: Key) -> None:
    assert found.meaning, f"{found.path} says nothing of itself: annotate it with key(...), see atlas.config.keys"
    assert not found.meaning.endswith(".")
    assert found.kind[0] != "<"
    if "[]" in found.path:  # a key of a list's items is in the example of the list
        whole = next(key for key in KEYS if key.below == found.path.rpartition(".")[0])
        assert any(found.name in item for item in whole.example)
    else:
        parse_document(with_example(found))


def test_the_page_lists_every_key_as_declared() -> None:
    page = (DOCS / "configuration.md").read_text(encoding="utf-8")
    assert with_tables(page) == page, "run: python -m atlas.config.page docs"
    schema = (DOCS / "run.schema.json").read_text(encoding="utf-8")
    assert schema == schema_text(), "run: python -m atlas.config.page docs"


def test_the_page_is_written_where_asked(tmp_path: Path) -> None:
    (tmp_path / "configuration.md").write_text(f"before\n{BEGIN}old\n{END}after\n", encoding="utf-8")
    text = write_page(tmp_path).read_text(encoding="utf-8")
    assert text == f"before\n{BEGIN}\n{tables()}\n{END}after\n"
    assert (tmp_path / "run.schema.json").read_text(encoding="utf-8") == schema_text()
    assert "| `maxDrawdown` | Fall from the peak of equity" in text
    with pytest.raises(ValueError, match="no place for the tables"):
        with_tables("nothing")


def test_a_key_is_added_in_one_place() -> None:
    class Extended(Section, frozen=True, kw_only=True):
        """A section with one key."""

        queue_depth: Annotated[PositiveCount | None, key("Orders in line", unit="count", example=3, later=True)] = None

    (found,) = keys_of(Extended, "execution")
    assert (found.path, found.attribute, found.unit) == ("execution.queueDepth", "queue_depth", "count")
    assert (found.kind, found.default, found.example, found.later) == ("whole number ≥ 1", "", 3, True)


def test_a_list_of_sections_has_its_keys_too() -> None:
    class Tier(Section, frozen=True, kw_only=True):
        """A rate from an amount on."""

        rate: Annotated[float, key("Of it", example=0.1)]

    class Extended(Section, frozen=True, kw_only=True):
        """A section with a list of them."""

        tiers: Annotated[list[Tier], key("Rates", example=[{"rate": 0.1}])]

    whole, part = keys_of(Extended, "commission")
    assert (whole.path, whole.below, whole.kind) == ("commission.tiers", "commission.tiers[]", "list, each a section")
    assert (part.path, part.default) == ("commission.tiers[].rate", "required")


def test_keys_that_users_choose_hold_sections_too() -> None:
    class Leg(Section, frozen=True, kw_only=True):
        """One of them."""

        share: Annotated[float, key("Of it", example=0.1)]

    class Extended(Section, frozen=True, kw_only=True):
        """A section with some by name."""

        legs: Annotated[dict[str, Leg], key("Parts", example={"first": {"share": 0.1}})]

    whole, part = keys_of(Extended)
    assert (whole.below, part.path) == ("legs.NAME", "legs.NAME.share")


def test_the_limits_that_are_for_later_are_those_the_kernel_does_not_serve() -> None:
    later = {found.name for found in KEYS if found.later and found.path.startswith("riskLimits.")}
    assert later == set(limit_names()) - set(LIMIT_KEYS.values())


def test_keys_for_later_are_found_where_they_have_a_value() -> None:
    mapping = {"strategy": "x", "mode": "backtest"}
    assert later_keys(parse_document(mapping)) == []
    assert later_keys(parse_document({**mapping, "riskLimits": {"maxDrawdown": 0.1}})) == []
    written = {**mapping, "riskLimits": {"stopLoss": 0.1}, "execution": {"latency": {"jitterMs": 1}}}
    assert later_keys(parse_document(written)) == ["riskLimits.stopLoss", "execution.latency.jitterMs"]
