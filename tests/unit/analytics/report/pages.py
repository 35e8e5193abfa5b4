"""Reads a page back: its data, its packed numbers, its text."""

from __future__ import annotations

import base64
import html
import json
import re
import zlib
from typing import Any

import numpy as np

from atlas.analytics.returns import FloatArray

DATA = re.compile(r'<script type="application/json" id="report-data">(.*?)</script>', re.DOTALL)


def data_of(page: str) -> dict[str, Any]:
    """The JSON of a page."""
    found = DATA.search(page)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def unpacked(text: str, place: dict[str, Any]) -> FloatArray:
    """One column of a pack, as the page's script reads it."""
    content = zlib.decompress(base64.b64decode(text))
    width = int(place["as"][1:])
    planes = np.frombuffer(content, np.uint8, place["n"] * width, place["at"]).reshape(width, place["n"])
    column = np.ascontiguousarray(planes.T).view(f"<{place['as']}").reshape(-1)
    if place["as"] == "f8":
        return column.astype(np.float64)
    return np.asarray((np.cumsum(column.astype(np.int64)) + place["first"]) / place["step"], dtype=np.float64)


def text_of(page: str) -> str:
    """What a reader sees without scripts."""
    body = re.sub(r"<(script|style).*?</\1>", " ", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", " ", body))
