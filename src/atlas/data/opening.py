"""The bytes of a text file, whatever it is packed in: plain, gzip, zip, Zstandard; UTF-8 or UTF-16."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.records.errors import DataError

from .cells import LINE_FEED, PADDING

Bytes = npt.NDArray[np.uint8]

_GZIP, _ZIP, _ZSTANDARD = b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_WIDE: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_LOOK: Final = 4_096
_STRANGERS: Final = (
    (b"PAR1", "it is a Parquet file: rename it to .parquet"),
    (b"\xd0\xcf\x11\xe0", "it is an Excel workbook: save the sheet as CSV"),
    (b"%PDF", "it is a PDF: export the table as CSV"),
    (b"ARROW1", "it is an Arrow file: save it as Parquet or CSV, or pass the table itself"),
    (b"\x89HDF", "it is an HDF5 file: save it as Parquet or CSV, or pass the frame itself"),
)
_PAGES: Final = (b"<!doctype", b"<html", b"<head", b"<?xml", b"<body", b"<script")


def read_text(path: Path) -> tuple[Bytes, int]:
    """
    Bytes of a text file as UTF-8, unpacked, and padded for the reader of cells.

    Parameters
    ----------
    path : Path
        What it is packed in is seen from its first bytes.

    Returns
    -------
    content : uint8 array
        The text from position 0 on, a byte order mark left out, then line ends.
    size : int
        Bytes of the text.

    Raises
    ------
    DataError
        The file can't be read, is damaged, or is no text.
    """
    try:
        content, size = _as_it_stands(path)
    except OSError as error:
        raise DataError(f"{path}: can't be read: {error.strerror or error}") from error
    start = content[: min(size, _LOOK)].tobytes()
    if start.startswith((_GZIP, _ZIP, _ZSTANDARD)):
        unpacked = _unpacked(path, content[:size].tobytes())
        content, size = padded(unpacked), len(unpacked)
        start = unpacked[:_LOOK]
    if start[:2] in _WIDE:
        text = _decoded(path, content[2:size].tobytes(), _WIDE[start[:2]]).encode()
        content, size, start = padded(text), len(text), text[:_LOOK]
    _refuse_strangers(path, start)
    if start.startswith(_BYTE_ORDER_MARK):
        return content[len(_BYTE_ORDER_MARK) :], size - len(_BYTE_ORDER_MARK)
    return content, size


def padded(content: bytes) -> Bytes:
    """Copy of bytes with the line ends that the reader of cells needs after them."""
    result = np.full(len(content) + PADDING, LINE_FEED, np.uint8)
    result[: len(content)] = np.frombuffer(content, np.uint8)
    return result


def _as_it_stands(path: Path) -> tuple[Bytes, int]:
    size = path.stat().st_size
    content = np.empty(size + PADDING, np.uint8)
    with path.open("rb", buffering=0) as file:
        view, done = memoryview(content.data), 0
        while done < size:
            count = file.readinto(view[done:size])
            if not count:
                break
            done += count
    content[done:] = LINE_FEED
    return content, done


def _unpacked(path: Path, content: bytes) -> bytes:
    import zlib

    try:
        if content.startswith(_GZIP):
            import gzip

            return gzip.decompress(content)
        return _from_zip(path, content) if content.startswith(_ZIP) else _from_zstandard(path)
    except (OSError, EOFError, zlib.error, RuntimeError, NotImplementedError) as error:
        raise DataError(f"{path.name}: the compressed file is damaged ({error}): download it again") from error


def _from_zip(path: Path, content: bytes) -> bytes:
    import io
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/") and "__MACOSX" not in name]
            if any(name.startswith(("xl/", "[Content_Types]")) for name in names):
                raise DataError(f"{path.name}: it is an Excel workbook: save the sheet as CSV")
            if len(names) != 1:
                held = ", ".join(names[:4]) or "nothing"
                raise DataError(f"{path.name}: the archive holds {held}: unpack it into a folder and pass the folder")
            return archive.read(names[0])
    except zipfile.BadZipFile as error:
        raise DataError(f"{path.name}: the compressed file is damaged ({error}): download it again") from error


def _from_zstandard(path: Path) -> bytes:
    """Lines of a file that DuckDB can unpack."""
    import duckdb

    quoted = str(path).replace("'", "''")
    query = (
        f"SELECT line FROM read_csv('{quoted}', auto_detect=false, header=false, delim='\x01', quote='', escape='', "
        "compression='zstd', columns={'line': 'VARCHAR'})"
    )
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET threads = 1")
        try:
            lines: Any = connection.execute(query).fetchnumpy()["line"]
        except duckdb.Error as error:
            raise DataError(f"{path.name}: the compressed file can't be read: download it again") from error
    return "\n".join(np.ma.filled(lines, "").tolist()).encode()


def _decoded(path: Path, content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name}: the file is not in UTF-8: save it as UTF-8") from error


def _refuse_strangers(path: Path, start: bytes) -> None:
    """Refuse what is no table of text, by the name of what it is."""
    for mark, words in _STRANGERS:
        if start.startswith(mark):
            raise DataError(f"{path.name}: {words}")
    shown = start.lstrip(_BYTE_ORDER_MARK + b" \t\r\n").lower()
    if shown.startswith(_PAGES):
        raise DataError(f"{path.name}: it is a web page, not data: download the file itself, logged in where it needs")
    if shown.startswith((b"{", b"[")):
        raise DataError(f"{path.name}: it is JSON: make a frame of it, and pass that")
    if b"\x00" in start:
        raise DataError(f"{path.name}: it holds binary data, not text: export it as CSV or Parquet")
