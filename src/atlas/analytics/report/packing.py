"""Numbers for the page, small: whole steps, differences, one plane a byte, deflated, base64.

A column becomes a descriptor that stands in the page's JSON and bytes that stand in a pack. The page inflates a pack
when it needs it; browsers have had what that takes since 2023.
"""

import base64
import zlib
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Descriptor: TypeAlias = dict[str, Any]

_LEVEL: Final = 6
_LARGEST_STEPS: Final = 2.0**53
"""Whole numbers below this are exact as floats, which is what scripts count in."""
_WORDS: Final = (("i1", 2**7), ("i2", 2**15), ("i4", 2**31))


class Pack:
    """Columns that are inflated together.

    Examples
    --------
    >>> pack = Pack()
    >>> pack.add([1.25, 1.5], decimals=2)
    {'at': 0, 'n': 2, 'as': 'i1', 'first': 125, 'step': 100.0}
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, values: npt.ArrayLike, decimals: int | None = None) -> Descriptor:
        """Add a column.

        Parameters
        ----------
        values : array_like, shape (n,)
            Numbers; NaN for none.
        decimals : int, optional
            Decimals worth keeping; all of them where not given.

        Returns
        -------
        dict
            ``at`` and ``n`` place it; ``as`` is its storage. Differences of whole steps start from ``first`` and are
            divided by ``step`` to be numbers again.
        """
        column = np.asarray(values)
        if decimals is None and column.dtype.kind == "f":
            return self._floats(column)
        steps = np.rint(column.astype(np.float64) * 10.0 ** (decimals or 0))
        if len(steps) and not (np.isfinite(steps).all() and float(np.max(np.abs(steps))) < _LARGEST_STEPS):
            return self._floats(np.where(np.isfinite(steps), column.astype(np.float64), np.nan))
        return self._steps(steps.astype(np.int64), decimals or 0)

    def _steps(self, steps: npt.NDArray[np.int64], decimals: int) -> Descriptor:
        first = int(steps[0]) if len(steps) else 0
        differences = np.diff(steps, prepend=first)
        largest = int(np.max(np.abs(differences))) if len(steps) else 0
        kind = next((name for name, limit in _WORDS if largest < limit), None)
        if kind is None:
            return self._floats(steps / 10.0**decimals)
        return {**self._put(differences.astype(f"<{kind}"), kind), "first": first, "step": 10.0**decimals}

    def _floats(self, column: npt.NDArray[Any]) -> Descriptor:
        return self._put(column.astype("<f8"), "f8")

    def _put(self, column: npt.NDArray[Any], kind: str) -> Descriptor:
        at, width = self._size, column.dtype.itemsize
        # Bytes of one rank together: the high ones hardly change, which is what deflate likes.
        planes = np.ascontiguousarray(column).view(np.uint8).reshape(-1, width).T
        self._parts.append(np.ascontiguousarray(planes).tobytes())
        self._size += len(column) * width
        return {"at": at, "n": len(column), "as": kind}

    def deflated(self) -> bytes:
        """Return the columns as zlib's bytes."""
        return zlib.compress(b"".join(self._parts), _LEVEL)

    def encoded(self) -> str:
        """Return the columns as text for the page."""
        return in_page(self.deflated())


def in_page(content: bytes) -> str:
    """Return bytes as base64."""
    return base64.b64encode(content).decode("ascii")
