"""The mock venue's wire: frames survive any cutting into pieces, and nonsense is refused, never misread."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.gateways.mock.codec import (
    HEAD,
    MAXIMUM_PAYLOAD_BYTES,
    Frame,
    FrameDecoder,
    FrameType,
    encode,
    encode_all,
    split_records,
)
from atlas.records.errors import CodecError
from atlas.records.kinds import Kind
from atlas.records.layout import blank

ORDER = blank(Kind.NEW_ORDER).tobytes()
REPORT = blank(Kind.EXECUTION_REPORT).tobytes()
BAR = blank(Kind.BAR).tobytes()
FRAMES = [
    Frame(FrameType.HELLO, 7),
    Frame(FrameType.STEP, -1),
    Frame(FrameType.BATCH, 0, (BAR, REPORT, REPORT)),
    Frame(FrameType.BATCH),
    Frame(FrameType.OVER),
    Frame(FrameType.COMMAND, 0, (ORDER,)),
]


@given(st.lists(st.integers(1, 90), max_size=60))
def test_frames_come_out_whole_however_their_bytes_are_cut(lengths: list[int]) -> None:
    content, decoder, found, start = encode_all(FRAMES), FrameDecoder(), [], 0
    for length in [*lengths, len(content)]:
        found += decoder.feed(content[start : start + length])
        start += length
    assert found == FRAMES


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_any_bytes_are_frames_or_refused(content: bytes) -> None:
    try:
        frames = FrameDecoder().feed(content)
    except CodecError:
        return
    assert content.startswith(encode_all(frames))


@settings(max_examples=200)
@given(st.sampled_from(list(FrameType)), st.binary(max_size=400))
def test_any_payload_is_read_as_written_or_refused(type: FrameType, payload: bytes) -> None:
    content = HEAD.pack(len(payload), type) + payload
    try:
        (frame,) = FrameDecoder().feed(content)
    except CodecError:
        return
    assert encode(frame) == content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (HEAD.pack(0, 99), "no frame has type 99"),
        (HEAD.pack(MAXIMUM_PAYLOAD_BYTES + 1, FrameType.BATCH), "no frame has type"),
        (HEAD.pack(4, FrameType.HELLO) + b"abcd", "HELLO has 4 bytes"),
        (HEAD.pack(8, FrameType.OVER) + b"x" * 8, "OVER has 8 bytes"),
        (HEAD.pack(63, FrameType.COMMAND) + b"x" * 63, "no whole rows"),
        (HEAD.pack(64, FrameType.COMMAND) + ORDER[64:], "begins within another"),
    ],
)
def test_what_is_no_frame_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(CodecError, match=message):
        FrameDecoder().feed(content)


def test_records_that_are_not_whole_are_not_encoded() -> None:
    with pytest.raises(CodecError, match="not whole"):
        encode(Frame(FrameType.BATCH, 0, (BAR + REPORT,)))


def test_a_record_of_five_rows_is_refused() -> None:
    with pytest.raises(CodecError, match="5 rows"):
        list(split_records(REPORT + ORDER[64:]))
