"""The wire of the mock venue: length-prefixed frames of records or of one number. Pure: bytes in, frames out."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from atlas.records.errors import CodecError
from atlas.records.layout import MAXIMUM_ROWS, ROW_BYTES

HEAD: Final = struct.Struct("<IB")
NUMBER: Final = struct.Struct("<q")
FLAGS_BYTE: Final = 22
MAXIMUM_PAYLOAD_BYTES: Final = 2**20


class FrameType(IntEnum):
    """What a frame is."""

    HELLO = 1
    WELCOME = 2
    FENCED = 3
    STEP = 4
    BATCH = 5
    OVER = 6
    COMMAND = 7
    ASK = 8
    ANSWER = 9
    SILENCE = 10
    OPEN_ORDERS = 11


RECORD_FRAMES: Final = frozenset({FrameType.BATCH, FrameType.COMMAND, FrameType.ASK, FrameType.ANSWER})
NUMBER_FRAMES: Final = frozenset({FrameType.HELLO, FrameType.WELCOME, FrameType.FENCED, FrameType.STEP})


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame.

    Parameters
    ----------
    type : FrameType
        What it is.
    number : int
        Epoch or step, where the type has one; else 0.
    records : tuple of bytes
        Whole records, where the type has them.
    """

    type: FrameType
    number: int = 0
    records: tuple[bytes, ...] = ()


def encode(frame: Frame) -> bytes:
    """Bytes of a frame.

    Raises
    ------
    CodecError
        It is too large, or its records are no whole records.
    """
    payload = b"".join(frame.records)
    if frame.type in NUMBER_FRAMES:
        payload = NUMBER.pack(frame.number)
    elif tuple(split_records(payload)) != frame.records:
        raise CodecError(f"a frame {frame.type.name} with {len(frame.records)} records that are not whole")
    if len(payload) > MAXIMUM_PAYLOAD_BYTES:
        raise CodecError(f"a frame of {len(payload)} bytes; {MAXIMUM_PAYLOAD_BYTES} are allowed")
    return HEAD.pack(len(payload), frame.type) + payload


def split_records(rows: bytes) -> Iterator[bytes]:
    """Give each record of whole rows that follow one another.

    Raises
    ------
    CodecError
        The bytes are no whole rows, begin within a record, or a record has more than four rows.
    """
    if len(rows) % ROW_BYTES:
        raise CodecError(f"{len(rows)} bytes are no whole rows of {ROW_BYTES}")
    start = 0
    while start < len(rows):
        if rows[start + FLAGS_BYTE] & 1:
            raise CodecError(f"a record begins within another at byte {start}")
        stop = start + ROW_BYTES
        while stop < len(rows) and rows[stop + FLAGS_BYTE] & 1:
            stop += ROW_BYTES
        if stop - start > MAXIMUM_ROWS * ROW_BYTES:
            raise CodecError(f"a record of {(stop - start) // ROW_BYTES} rows at byte {start}")
        yield rows[start:stop]
        start = stop


class FrameDecoder:
    """Frames out of bytes that arrive in pieces."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, content: bytes) -> list[Frame]:
        """Take bytes; give every frame that is complete now.

        Raises
        ------
        CodecError
            They are no frames; the connection is to be closed.
        """
        self._waiting += content
        frames = []
        while (frame := self._next()) is not None:
            frames.append(frame)
        return frames

    def _next(self) -> Frame | None:
        if len(self._waiting) < HEAD.size:
            return None
        size, number = HEAD.unpack_from(self._waiting)
        if size > MAXIMUM_PAYLOAD_BYTES or number not in FrameType.__members__.values():
            raise CodecError(f"no frame has type {number} and {size} bytes")
        end = HEAD.size + size
        if len(self._waiting) < end:
            return None
        payload = bytes(self._waiting[HEAD.size : end])
        del self._waiting[:end]
        return decode_payload(FrameType(number), payload)


def decode_payload(type: FrameType, payload: bytes) -> Frame:
    """Read a frame's payload.

    Raises
    ------
    CodecError
        It is not what its type says.
    """
    if type in NUMBER_FRAMES:
        if len(payload) != NUMBER.size:
            raise CodecError(f"a frame {type.name} has {len(payload)} bytes, not {NUMBER.size}")
        return Frame(type, NUMBER.unpack(payload)[0])
    if payload and type not in RECORD_FRAMES:
        raise CodecError(f"a frame {type.name} has {len(payload)} bytes, not none")
    return Frame(type, 0, tuple(split_records(payload)))


def encode_all(frames: Sequence[Frame]) -> bytes:
    """Bytes of several frames."""
    return b"".join(encode(frame) for frame in frames)
