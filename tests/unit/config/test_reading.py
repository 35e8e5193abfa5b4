"""Documents as they stand in files: what is read, and how each slip is told: file, place, path, reason, remedy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from atlas.config import Document, DocumentError, load_document, read_document
from atlas.records.errors import ConfigurationError

GOOD = "strategy: momentum\nmode: backtest\n"


def write(folder: Path, text: str | bytes, name: str = "run.yaml") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def load(folder: Path, text: str | bytes, name: str = "run.yaml", overrides: list[str] | None = None) -> Document:
    return load_document(write(folder, text, name), overrides=overrides or [])


def refusal(folder: Path, text: str | bytes, name: str = "run.yaml", overrides: list[str] | None = None) -> str:
    """The error's one line, with the folder taken out."""
    with pytest.raises(ConfigurationError) as caught:
        load(folder, text, name, overrides)
    message = str(caught.value)
    assert "\n" not in message
    return message.replace(f"{folder}/", "")


MALFORMED: list[tuple[str, str, str | bytes, str]] = [
    ("empty", "run.yaml", "", "run.yaml: is empty: it must hold keys and values"),
    ("only a comment", "run.yaml", "# later\n", "run.yaml: is empty"),
    ("a list", "run.yaml", "- a\n", "run.yaml: must hold keys and values (id, strategy, ...), not a list of 1"),
    ("a text", "run.yaml", "momentum\n", "not the text 'momentum'"),
    ("a key twice", "run.yaml", f"{GOOD}mode: live\n", "run.yaml:3:1: the key 'mode' stands twice in one object"),
    (
        "a key twice, deep",
        "run.yaml",
        f"{GOOD}riskLimits:\n  maxDrawdown: 0.1\n  maxDrawdown: 0.2\n",
        "run.yaml:5:3: the key 'maxDrawdown' stands twice",
    ),
    ("both spellings", "run.yaml", f"{GOOD}startDate: 2020-01-01\nstart_date: 2020-01-02\n", "start_date: given twice"),
    ("a tab", "run.yaml", f"{GOOD}riskLimits:\n\tmaxDrawdown: 0.1\n", "run.yaml:4:1: not YAML: a tab where YAML wants"),
    ("no end", "run.yaml", "strategy: [momentum\n", "run.yaml:2:1: not YAML"),
    ("no colon", "run.yaml", "strategy momentum\nmode: backtest\n", "a key needs a colon and a space"),
    ("two documents", "run.yaml", f"{GOOD}---\n{GOOD}", "it holds several documents (---): keep one"),
    ("a tag", "run.yaml", f"{GOOD}id: !!python/name:os.system x\n", "means nothing here"),
    ("an alias of itself", "run.yaml", f"{GOOD}symbols: &a [*a]\n", "an alias (*) of the very thing it stands in"),
    (
        "aliases of aliases",
        "run.yaml",
        "a: &a [x, x, x, x, x, x, x, x]\n"
        + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 8)}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)),
        ": more than 100,000 values, aliases (*) counted as often as they stand",
    ),
    ("a list as a key", "run.yaml", f"{GOOD}? [a]\n: b\n", "run.yaml:3:3: a key must be text"),
    ("a control character", "run.yaml", f"{GOOD}id: \x07\n", "run.yaml: not YAML: a character that may not stand"),
    ("not UTF-8", "run.yaml", b"strategy: momentum\nid: caf\xe9\n", "run.yaml:2: byte 0xe9 is not UTF-8"),
    ("UTF-16", "run.yaml", GOOD.encode("utf-16"), "run.yaml: is written in UTF-16: save it as UTF-8"),
    ("unknown key", "run.yaml", f"{GOOD}seeed: 1\n", "seeed: unknown key; did you mean 'seed'? (run.yaml:3:1)"),
    (
        "unknown key, deep",
        "run.yaml",
        f"{GOOD}riskLimits:\n  maxDrawdwn: 0.1\n",
        "riskLimits.maxDrawdwn: unknown key; did you mean 'maxDrawdown'? (run.yaml:4:3)",
    ),
    (
        "wrong type",
        "run.yaml",
        f"{GOOD}initialCapital: much\n",
        "initialCapital: expected a number, not the text 'much' (run.yaml:3:1)",
    ),
    (
        "negative",
        "run.yaml",
        f"{GOOD}initialCapital: -5\n",
        "initialCapital: expected a number > 0.0, not -5 (run.yaml:3",
    ),
    ("not a number", "run.yaml", f"{GOOD}initialCapital: .nan\n", "initialCapital: expected a finite number, not nan"),
    (
        "infinite",
        "run.yaml",
        f"{GOOD}commission: {{flat: .inf}}\n",
        "commission.flat: expected a finite number, not inf",
    ),
    ("octal", "run.yaml", f"{GOOD}seed: 010\n", "seed: '010' begins with 0, which some read as octal: write 10"),
    ("base 60", "run.yaml", f"{GOOD}seed: 1:30\n", "seed: expected a whole number, not the text '1:30'"),
    ("hexadecimal", "run.yaml", f"{GOOD}seed: 0x10\n", "seed: expected a whole number, not the text '0x10'"),
    ("yes", "run.yaml", f"{GOOD}execution: {{touchFills: yes}}\n", "not the text 'yes'; write true (run.yaml:3:13)"),
    ("a number as a name", "run.yaml", f"{GOOD}id: 2020\n", "id: expected text, not 2020; put it in quotes if it is"),
    (
        "a symbol of digits",
        "run.yaml",
        f"{GOOD}symbols: [600519]\n",
        "symbols[0]: expected text, not 600519; put it in",
    ),
    ("truth as a symbol", "run.yaml", f"{GOOD}symbols: [A, true]\n", "symbols[1]: expected text, not true; put it in"),
    ("no such day", "run.yaml", f"{GOOD}startDate: 2020-02-30\n", "startDate: '2020-02-30' is no ISO date"),
    ("a seed too large", "run.yaml", f"{GOOD}seed: {2**63}\n", "seed: expected a whole number <= 9223372036854775807"),
    (
        "a delay of ages",
        "run.yaml",
        f"{GOOD}execution: {{latency: {{orderMs: 1e30}}}}\n",
        "execution.latency.orderMs: expected a number <= 86400000.0, not 1e+30 (run.yaml:3:23)",
    ),
    ("a rate too high", "run.yaml", f"{GOOD}riskLimits: {{ordersPerSecond: 1e9}}\n", "expected a number <= 100000.0"),
    ("a bar of ages", "run.yaml", f"{GOOD}timeframe: 99999999999d\n", "longer than any history: ten years at most"),
    ("far away", "run.yaml", f"{GOOD}endDate: 9999-01-01\n", "endDate: 9999-01-01 is outside of what nanoseconds can"),
    (
        "end before start",
        "run.yaml",
        f"{GOOD}startDate: 2020-02-01\nendDate: 2020-01-01\n",
        "endDate: 2020-01-01 is not after startDate 2020-02-01 (run.yaml:4:1)",
    ),
    (
        "a list for keys",
        "run.yaml",
        f"{GOOD}riskLimits:\n  - maxDrawdown: 0.1\n",
        "riskLimits: expected an object, not a list of 1; write keys and values, without dashes (run.yaml:3:1)",
    ),
    ("no strategy", "run.yaml", "mode: backtest\n", "strategy: is missing and has no default: add it (run.yaml)"),
    ("live without limits", "run.yaml", "strategy: x\nmode: live\n", "riskLimits: a live run needs limits"),
    ("cut JSON", "run.json", '{"strategy": "x"', "run.json:1:17: not JSON"),
    ("JSON twice", "run.json", '{"mode": "live",\n "mode": "paper"}', "run.json:2:2: the key 'mode' stands twice"),
    ("JSON twice by tabs", "run.json", '{\n\t"a": 1,\n\t"a": 2}', "run.json: the key 'a' stands twice in one object"),
    ("JSON without a number", "run.json", '{"strategy": "x", "seed": NaN}', "run.json: NaN is no number of JSON"),
    ("JSON comma", "run.json", '{"strategy": "x",}', "run.json:1:1"),
    ("empty JSON", "run.json", " \n", "run.json: is empty"),
    (
        "JSON unknown",
        "run.json",
        '{"strategy": "x",\n "mode": "backtest",\n "sede": 1}',
        "sede: unknown key; did you mean 'seed'? (run.json:3:2)",
    ),
    (
        "a huge number",
        "run.json",
        f'{{"strategy": "x", "seed": {"9" * 5_000}}}',
        "run.json:1:27: a number of 5000 digits is too long",
    ),
    ("too deep", "run.json", '{"id": ' + "[" * 50_000, "run.json: is nested too deeply"),
    ("TOML", "run.toml", 'strategy = "x"\nmode = \n', "run.toml:2:8: not TOML: invalid value"),
    ("TOML twice", "run.toml", 'id = "x"\nid = "y"\n', "run.toml:2:9: not TOML: cannot overwrite a value"),
    ("empty TOML", "run.toml", "", "run.toml: is empty"),
]


@pytest.mark.parametrize(
    ("name", "text", "words"), [case[1:] for case in MALFORMED], ids=[case[0] for case in MALFORMED]
)
def test_a_slip_is_told_in_one_line_with_its_place(tmp_path: Path, name: str, text: str | bytes, words: str) -> None:
    message = refusal(tmp_path, text, name)
    assert words in message
    assert name in message


def test_files_that_can_not_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="^no such file: .*none.yaml$"):
        load_document(tmp_path / "none.yaml")
    with pytest.raises(DocumentError, match="is a folder: name a document in it, such as .*run.yaml$"):
        load_document(tmp_path)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("y", "y"),
        ("1:30", "1:30"),
        ("007", "007"),
        ("0x1F", "0x1F"),
        ("2020-01-31", "2020-01-31"),
        ("2020-01-31 14:30:00", "2020-01-31 14:30:00"),
        ("1e6", 1e6),
        ("1_000", 1_000),
        ("-.5", -0.5),
        ("+3", 3),
        ("0", 0),
        ("~", None),
        ("", None),
        ("True", True),
        ("'5'", "5"),
        ("!!str 5", "5"),
        ("=", "="),
        ("<<", "<<"),
        ("0.", 0.0),
    ],
)
def test_plain_values_have_no_traps(tmp_path: Path, written: str, read: Any) -> None:
    (tmp_path / "run.yaml").write_text(f"value: {written}\n")
    value = read_document(tmp_path / "run.yaml").mapping["value"]
    assert (value, type(value)) == (read, type(read))


def test_anchors_stand_for_what_they_name(tmp_path: Path) -> None:
    document = load(tmp_path, f"{GOOD}symbols: &mine [A, B]\nparameters: {{names: *mine}}\n")
    assert document.running["strategy"].parameters == {"names": ["A", "B"]}


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    assert load(tmp_path, b"\xef\xbb\xbf" + GOOD.encode()).running["strategy"].type == "momentum"
    assert load(tmp_path, b'\xef\xbb\xbf{"strategy": "momentum", "mode": "backtest"}', "run.json").mode == "backtest"


def test_toml_says_the_same(tmp_path: Path) -> None:
    text = """
        strategy = {type = "momentum", parameters = {fast = 5}}
        mode = "backtest"
        startDate = 2020-01-01
        end_date = 2020-12-31T16:00:00
        initialCapital = "250000.5"
        [risk_limits]
        maxDrawdown = 0.2
    """
    document = load(tmp_path, text, "run.toml")
    assert (document.start_date, document.end_date) == ("2020-01-01", "2020-12-31T16:00:00")
    assert document.risk_limits is not None
    assert (document.initial_capital, document.risk_limits.max_drawdown) == (250_000.5, 0.2)
    assert refusal(tmp_path, "strategy = 'x'\nsede = 1\n", "run.toml") == (
        "sede: unknown key; did you mean 'seed'? (run.toml)"
    )


def test_a_cause_in_an_override_is_told_as_one(tmp_path: Path) -> None:
    text = f"{GOOD}riskLimits:\n  maxDrawdown: 0.1\n"
    assert refusal(tmp_path, text, overrides=["seed=1", "risk_limits.max_drawdown=2"]) == (
        "riskLimits.maxDrawdown: expected a number <= 1.0, not 2 (--set risk_limits.max_drawdown)"
    )
    assert refusal(tmp_path, text, overrides=["seed=1", "sede=2"]).endswith("did you mean 'seed'? (--set sede)")
    assert refusal(tmp_path, f"{text}seeed: 1\n", overrides=["seed=1"]).endswith("(run.yaml:5:1)")


def test_a_cause_in_a_section_of_which_a_part_was_overridden_is_told_as_both(tmp_path: Path) -> None:
    written = read_document(write(tmp_path, f"{GOOD}parameters: {{fast: 5}}\n"))
    with pytest.raises(DocumentError, match=r"^strategy.parameters: no \(.*run.yaml:3:1 and --set parameters.fast\)$"):  # noqa: SIM117
        with written.explaining(["seed=1", "parameters.fast=3"]):
            raise ConfigurationError("no", "strategy.parameters")


def test_places_are_found_in_every_spelling_and_short_form(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(
        "strategy: x\nparameters:\n  fast: 5\ncommission: 2\nrisk_limits: {max_drawdown: 1}\nsymbols: [A, B]\n"
    )
    written = read_document(path)
    places = {
        "strategy.parameters.fast": "3:3",
        "strategy.parameters.slow": "2:1",
        "commission.fraction": "4:1",
        "riskLimits.maxDrawdown": "5:15",
        "symbols[1]": "6:14",
        "symbols[7]": "6:1",
        "strategy.type": "1:1",
    }
    assert {each: written.place_of(each).removeprefix(f"{path}:") for each in places} == places
    assert written.place_of("execution") == written.place_of("") == str(path)


@pytest.mark.parametrize("line", ["riskLimits: {maxDrawdwn: 0.2}", "strategies: [a]", "seed: -1", "leverage: much"])
def test_what_is_wrong_with_a_document_is_told_before_numpy_is_loaded(tmp_path: Path, line: str) -> None:
    (tmp_path / "run.yaml").write_text(f"strategy: sma_cross\ndata_source: sp500\n{line}\n", encoding="utf-8")
    program = (
        "import sys\nfrom atlas.config import load_document\nfrom atlas.errors import ConfigurationError\n"
        "try:\n    load_document('run.yaml')\nexcept ConfigurationError as error:\n    print(error)\n"
        "print('numpy' in sys.modules)"
    )
    source = str(Path(__file__).parents[3] / "src")
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=True,
    )
    message, has_numpy = done.stdout.splitlines()
    assert "(run.yaml:" in message and has_numpy == "False"


def test_data_is_told_from_a_document(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("time,open\n" * 500, encoding="utf-8")
    with pytest.raises(
        ConfigurationError, match=r"prices\.csv is data, not a document: .* data_source: {type: file, path"
    ):
        read_document(path)
    other = path.rename(tmp_path / "prices.yaml")
    with pytest.raises(ConfigurationError) as refused:
        read_document(other)
    assert len(str(refused.value)) < 250
