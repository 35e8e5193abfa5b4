"""
What comes from the environment: secrets, and nothing else.

A secret never stands in a document, an override, a run folder, a log line or an error: documents that hold one are
refused without repeating it, and `redacted` takes the environment's own out of any text that is shown.
"""

import os
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from atlas.errors import ConfigurationError

from .spelling import join
from .suggestions import squash

SECRETS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ALPACA_API_KEY": "key of an Alpaca account",
        "ALPACA_SECRET_KEY": "secret of an Alpaca account",
        "BINANCE_API_KEY": "key of a Binance account",
        "BINANCE_API_SECRET": "secret of a Binance account",
        "SOLANA_RPC_URL": "address of a Solana node, for requests",
        "SOLANA_WS_URL": "address of a Solana node, for streams",
        "ETH_RPC_URL": "address of an Ethereum node",
        "POLYGON_RPC_URL": "address of a Polygon node",
        "ARBITRUM_RPC_URL": "address of an Arbitrum node",
        "PERPLEXITY_API_KEY": "key of the Perplexity service",
    }
)
"""Environment variables that Atlas reads, with what each is."""

_SHORTEST_SECRET: Final = 6
_SECRET_ENDINGS: Final = (
    *("apikey", "apisecret", "secretkey", "secret", "password", "privatekey", "passphrase", "mnemonic"),
    *("accesstoken", "authtoken", "token", "rpcurl", "wsurl"),
)
_SECRET_VALUE: Final = re.compile(r"://[^/\s:@]+:[^/\s@]+@|[?&](?:api[_-]?key|key|secret|token)=", re.IGNORECASE)


def secret(name: str) -> str:
    """
    Value of a secret.

    Parameters
    ----------
    name : str
        One of `SECRETS`.

    Raises
    ------
    ConfigurationError
        It isn't set.
    """
    value = os.environ.get(name, "")
    if not value:
        what = SECRETS.get(name, "a secret")
        raise ConfigurationError(f"the environment variable {name} ({what}) is not set: export {name}=...")
    return value


def refuse_secrets(value: Any, path: str = "") -> None:
    """
    Refuse a document in which a secret stands.

    Parameters
    ----------
    value : object
        A document as written, or a part of it.
    path : str
        Where the part stands.

    Raises
    ------
    ConfigurationError
        Names the path and the environment variable to use; never the secret.
    """
    if isinstance(value, Mapping):
        for key, item in value.items():
            here = join(path, str(key))
            if _is_secret_key(str(key), item):
                raise _refusal(str(key), here)
            refuse_secrets(item, here)
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            refuse_secrets(item, f"{path}[{place}]")
    elif isinstance(value, str) and (_SECRET_VALUE.search(value) or any(each in value for each in known_secrets())):
        raise _refusal(path, path)


def is_secret_name(key: str) -> bool:
    """Whether a key's name says that a secret is meant."""
    return squash(key).endswith(_SECRET_ENDINGS)


def _is_secret_key(key: str, value: Any) -> bool:
    if squash(key) in {squash(name) for name in SECRETS}:
        return True
    return is_secret_name(key) and isinstance(value, str)


def _refusal(key: str, path: str) -> ConfigurationError:
    names = [name for name in SECRETS if squash(name) == squash(key)]
    names = names or [name for name in SECRETS if squash(name).endswith(squash(key)) or squash(key) in squash(name)]
    variables = " or ".join(names[:3]) if names else "of the service, see docs/configuration.md"
    return ConfigurationError(
        f"a secret may not stand in a document: take it out and set the environment variable {variables}", path
    )


def known_secrets() -> list[str]:
    """Values of the secrets that the environment holds, longest first."""
    values = {os.environ.get(name, "") for name in SECRETS}
    return sorted((value for value in values if len(value) >= _SHORTEST_SECRET), key=len, reverse=True)


def redacted(text: str) -> str:
    """Text without the environment's secrets."""
    for value in known_secrets():
        text = text.replace(value, "***")
    return text
