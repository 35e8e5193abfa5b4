"""Real feeds to test with, where they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("ATLAS_SHARED") or Path(__file__).parents[5] / "shared") / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no market data at {DATA}: set ATLAS_SHARED")
