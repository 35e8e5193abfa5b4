"""The API reference is what the docstrings say, and says something of every public name and its parameters."""

from __future__ import annotations

from pathlib import Path

import pytest

import atlas
from atlas.backtest.settings import limits_of
from atlas.records.enums import Hook
from atlas.strategy.definition import VIEWS
from scripts.api_areas import AREAS, Entry, catalogue
from scripts.api_words import COLUMNS, FIELDS, HOOKS
from scripts.write_api import (
    PAGES,
    call_of,
    documentation,
    linked,
    pages,
    table,
    untold,
    untold_parameters,
    write_pages,
)

ROOT = Path(__file__).parents[3]
API = ROOT / "docs" / "api"
EXPORTS = (ROOT / "tests" / "architecture" / "exports.txt").read_text(encoding="utf-8").split()
REMEDY = "run: python -m scripts.write_api docs"
ENTRIES = [entry for area in AREAS for entry in area.entries]


@pytest.mark.parametrize("name", sorted({*pages(), *(page.name for page in API.glob("*.md"))}))
def test_the_committed_page_is_up_to_date(name: str) -> None:
    assert (API / name).read_text(encoding="utf-8") == pages().get(name), REMEDY


def test_pages_are_written_where_asked_and_old_ones_removed(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "gone.md").touch()
    write_pages(tmp_path)
    assert {page.name for page in (tmp_path / "api").iterdir()} == set(pages())


@pytest.mark.parametrize("name", EXPORTS)
def test_every_exported_name_has_an_entry(name: str) -> None:
    listed = {each.__name__ for each in catalogue()}
    assert (name in PAGES) != (name in listed), "name it in scripts/api_areas.py"


@pytest.mark.parametrize("entry", [*ENTRIES, *(Entry(each.__name__, members=()) for each in catalogue())], ids=str)
def test_every_entry_says_what_each_parameter_means(entry: Entry) -> None:
    assert untold(entry) == []


def test_a_parameter_without_a_word_is_found() -> None:
    def told_in_part(first: int, second: int, third: int) -> None:
        """Do something with `third`.

        Parameters
        ----------
        first : int
            The first.
        """

    assert untold_parameters(told_in_part) == ["second"]


def test_an_entry_without_a_docstring_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atlas, "unheard", lambda loud: None, raising=False)
    assert untold(Entry("unheard")) == ["unheard: no docstring", "unheard: loud"]


def test_every_hook_and_every_field_of_what_it_is_handed_has_a_word() -> None:
    assert set(HOOKS) >= {hook.name.lower() for hook in VIEWS if hook != Hook.ON_MARKET_DATA}
    assert {name: set(view.names or ()) for name, view in VIEWS.values()} == {k: set(v) for k, v in FIELDS.items()}


@pytest.mark.parametrize("frame", sorted(COLUMNS))
def test_every_column_of_a_frame_has_a_word(frame: str) -> None:
    result = atlas.backtest("sma_cross", "sp500", end="1999-06-30")
    assert list(getattr(result, frame).columns) == list(COLUMNS[frame])


def test_a_call_shows_defaults_as_users_write_them() -> None:
    def short(first: int, *rest: int, kind: type = float, **more: int) -> None: ...

    assert call_of("short", short) == "short(first, *rest, kind=float, **more)"
    assert call_of("of", limits_of) == "of(limits)"


def test_types_with_an_entry_are_links() -> None:
    assert linked("list of Strategy", "running") == "list of [Strategy](strategy.md#strategy)"
    assert linked("Strategy", "strategy") == "[Strategy](#strategy)"


def test_columns_without_a_word_are_left_out() -> None:
    assert table(("a", "b"), [("1", ""), ("2", "")]) == "| a |\n| --- |\n| 1 |\n| 2 |\n"
    assert table(("a",), []) == ""


def test_a_docstring_is_read_with_its_sections() -> None:
    doc = documentation(Entry("load_shipped").value)
    assert [item.arg_name for item in doc.params] == ["names"]
    assert doc.raises[0].type_name == "DataError"
