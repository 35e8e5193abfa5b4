"""Secrets come from the environment; a document that holds one is refused, and nothing repeats it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from atlas.config import SECRETS, load_document, parse_document, redacted, secret
from atlas.records.errors import ConfigurationError

PLANTED = "PKPLANTED0123456789"


def document(**keys: Any) -> dict[str, Any]:
    return {"strategy": "momentum", "mode": "backtest", **keys}


HOLDING = [
    (document(alpacaApiKey=PLANTED), "ALPACA_API_KEY"),
    (document(ALPACA_SECRET_KEY=PLANTED), "ALPACA_SECRET_KEY"),
    (document(execution={"gateway": "alpaca", "apiKey": PLANTED}), "ALPACA_API_KEY or BINANCE_API_KEY"),
    (document(execution={"binance": {"api_secret": PLANTED}}), "BINANCE_API_SECRET"),
    (document(eth_rpc_url=f"https://node/{PLANTED}"), "ETH_RPC_URL"),
    (document(data_source={"password": PLANTED}), "environment variable of the service"),
    (document(data_source=f"https://me:{PLANTED}@host/bars.csv"), "environment variable"),
    (document(data_source=f"https://host/bars.csv?api_key={PLANTED}"), "environment variable"),
    (document(parameters={"token": PLANTED}), "environment variable"),
    (document(symbols=[{"secret": PLANTED}]), "environment variable"),
]


@pytest.mark.parametrize(("mapping", "words"), HOLDING, ids=[str(number) for number in range(len(HOLDING))])
def test_a_secret_in_a_document_is_refused_and_not_repeated(mapping: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match="a secret may not stand in a document: take it out") as caught:
        parse_document(mapping)
    assert words in str(caught.value)
    assert PLANTED not in str(caught.value)


def test_a_secret_of_the_environment_is_refused_wherever_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYGON_RPC_URL", f"https://node/{PLANTED}")
    monkeypatch.setenv("ALPACA_API_KEY", PLANTED)
    with pytest.raises(ConfigurationError, match=r"symbols\[1\]: a secret") as caught:
        parse_document(document(symbols=["A", PLANTED]))
    assert PLANTED not in str(caught.value)
    assert redacted(f"went to https://node/{PLANTED} as {PLANTED}.") == "went to *** as ***."


def test_a_secret_in_an_override_is_refused_and_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("strategy: momentum\nmode: backtest\n")
    for override in (f"alpacaApiKey={PLANTED}", f"execution.apiKey='{PLANTED}", f"execution.secret=[{PLANTED}"):
        with pytest.raises(ConfigurationError) as caught:
            load_document(path, overrides=[override])
        assert PLANTED not in str(caught.value)
        assert PLANTED not in str(caught.value.__cause__)


def test_numbers_under_such_names_are_parameters() -> None:
    assert parse_document(document(parameters={"token": 3})).running["strategy"].parameters == {"token": 3}


def test_secrets_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPACA_API_KEY", PLANTED)
    monkeypatch.delenv("BINANCE_API_KEY", raising=False)
    assert secret("ALPACA_API_KEY") == PLANTED
    with pytest.raises(ConfigurationError, match=r"BINANCE_API_KEY \(key of a Binance account\) is not set: export"):
        secret("BINANCE_API_KEY")


def test_every_name_is_listed_in_the_docs() -> None:
    page = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert [name for name in SECRETS if f"`{name}`" not in page] == []
