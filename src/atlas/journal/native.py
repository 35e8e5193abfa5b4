"""The compiled functions of the journal: the checksum of a run of bytes, and the append into a writer's buffer.

They take addresses, like the kernel's own, so that a compiled loop can append without Python. In plain mode the same
functions run as ordinary Python.
"""

from __future__ import annotations

import hashlib
import pathlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import numpy as np

from atlas.kernel.memory.compilation import EntryPoint, kernel_function
from atlas.kernel.memory.intrinsics import (
    add_wrap,
    copy_bytes,
    load,
    multiply_low,
    record_at,
    shift_left,
    shift_right,
    store,
)

# The five primes of XXH64, as signed words.
PRIME_1: Final = 0x9E3779B185EBCA87 - 2**64
PRIME_2: Final = 0xC2B2AE3D27D4EB4F - 2**64
PRIME_3: Final = 0x165667B19E3779F9
PRIME_4: Final = 0x85EBCA77C2B2AE63 - 2**64
PRIME_5: Final = 0x27D4EB2F165667C5

ROW_BYTES: Final = 64
BLOCK_HEADER_BYTES: Final = 64
MAXIMUM_BLOCK_ROWS: Final = 65_536
BLOCK_MAGIC_WORD: Final = int.from_bytes(b"ATLASBLK", "little")
FLAG_WORD, CONTINUED_BIT, CLOSED_BIT = 16, 1 << 48, 1
FULL: Final = -1
UNFIT: Final = -2
# A block of one row, as live trading writes most: its bytes, its counts as one word, how many are checked at once.
SINGLE_BYTES: Final = BLOCK_HEADER_BYTES + ROW_BYTES
SINGLE_WORD: Final = 1 | ROW_BYTES << 32
FEWEST_SINGLES: Final = 8
MOST_SINGLES: Final = 64

APPEND_BUFFER: Final = np.dtype(
    [
        ("rows_address", "<i8"),
        ("capacity_rows", "<i8"),
        ("count_rows", "<i8"),
        ("first_sequence", "<i8"),
        ("appended_records", "<i8"),
        ("reserved_1", "<i8"),
        ("reserved_2", "<i8"),
        ("reserved_3", "<i8"),
    ]
)
"""What a writer shares with compiled code: where rows go, how many fit, how many wait, the sequence of the first."""

append_buffer = record_at(APPEND_BUFFER)

BLOCK_WALK: Final = np.dtype(
    [
        ("content_address", "<i8"),
        ("content_bytes", "<i8"),
        ("offset", "<i8"),
        ("sequence", "<i8"),
        ("checksum", "<i8"),
        ("is_closed", "<i8"),
        ("start_sequence", "<i8"),
        ("rows_address", "<i8"),
        ("capacity_rows", "<i8"),
        ("count_rows", "<i8"),
    ]
)
"""What a reader shares with compiled code: a segment's bytes, how far it has got, where the blocks' rows go."""

block_walk = record_at(BLOCK_WALK)


@lru_cache(maxsize=1)
def own_hash() -> str:
    """Hash of this file: the object cache is keyed by the kernel's sources, of which it is none."""
    return hashlib.blake2b(pathlib.Path(__file__).read_bytes(), digest_size=8).hexdigest()


def journal_entry_point(signature: str) -> Callable[[Callable[..., Any]], EntryPoint]:
    """Make a function of this file callable from Python; its object code is dropped when this file changes."""

    def make(function: Callable[..., Any]) -> EntryPoint:
        point = EntryPoint(function, signature)
        point.name = f"{point.name}-{own_hash()}"
        return point

    return make


@kernel_function
def rotate_left(word: int, count: int) -> int:
    """Rotate a word left by 1 to 63 bits."""
    return shift_left(word, count) | shift_right(word, 64 - count)


@kernel_function
def mix_lane(lane: int, word: int) -> int:
    """One round of XXH64: a word enters a lane."""
    return multiply_low(rotate_left(add_wrap(lane, multiply_low(word, PRIME_2)), 31), PRIME_1)


@kernel_function
def merge_lane(total: int, lane: int) -> int:
    """Fold a finished lane into the total."""
    return add_wrap(multiply_low(total ^ mix_lane(0, lane), PRIME_1), PRIME_4)


@kernel_function
def checksum_words(address: int, byte_count: int, seed: int) -> int:
    """XXH64 of `byte_count` bytes at `address`; the count is a multiple of 8."""
    position, end = address, address + byte_count
    total = add_wrap(seed, PRIME_5)
    if byte_count >= 32:
        first, second = add_wrap(seed, add_wrap(PRIME_1, PRIME_2)), add_wrap(seed, PRIME_2)
        third, fourth = seed, add_wrap(seed, -PRIME_1)
        while position + 32 <= end:
            first = mix_lane(first, load(position))
            second = mix_lane(second, load(position + 8))
            third = mix_lane(third, load(position + 16))
            fourth = mix_lane(fourth, load(position + 24))
            position += 32
        total = add_wrap(
            add_wrap(rotate_left(first, 1), rotate_left(second, 7)),
            add_wrap(rotate_left(third, 12), rotate_left(fourth, 18)),
        )
        total = merge_lane(merge_lane(merge_lane(merge_lane(total, first), second), third), fourth)
    total = add_wrap(total, byte_count)
    while position < end:
        total = total ^ mix_lane(0, load(position))
        total = add_wrap(multiply_low(rotate_left(total, 27), PRIME_1), PRIME_4)
        position += 8
    total = multiply_low(total ^ shift_right(total, 33), PRIME_2)
    total = multiply_low(total ^ shift_right(total, 29), PRIME_3)
    return total ^ shift_right(total, 32)


@kernel_function
def append_record(buffer_address: int, record_address: int, rows: int) -> int:
    """Copy one record of 1 to 4 rows into the buffer at `buffer_address`.

    Returns
    -------
    int
        Sequence of its first row, or `FULL` when the record doesn't fit: then the writer must commit first.
    """
    buffer = append_buffer(buffer_address)
    count = buffer.count_rows
    if count + rows > buffer.capacity_rows:
        return FULL
    copy_bytes(buffer.rows_address + count * ROW_BYTES, record_address, rows * ROW_BYTES)
    buffer.count_rows = count + rows
    buffer.appended_records += 1
    sequence: int = buffer.first_sequence + count
    return sequence


@kernel_function
def seal_block(
    header: int, payload: int, first_sequence: int, rows: int, synced: int, flags: int, previous: int
) -> int:
    """Write the 64-byte header of a block at `header` for `rows` rows at `payload`; returns the block's checksum."""
    byte_count = rows * ROW_BYTES
    store(header, BLOCK_MAGIC_WORD)
    store(header + 8, first_sequence)
    store(header + 16, rows | shift_left(byte_count, 32))
    store(header + 24, synced)
    store(header + 32, flags)
    store(header + 40, previous)
    total = checksum_words(payload, byte_count, checksum_words(header, 48, 0))
    store(header + 48, total)
    store(header + 56, checksum_words(header, 56, 0))
    return total


@kernel_function
def single_blocks(walk_address: int) -> int:
    """Count the blocks of one row each that seem to stand, chained, at a walk's position; as many as have room."""
    walk = block_walk(walk_address)
    address, previous = walk.content_address + walk.offset, walk.checksum
    most = min(walk.capacity_rows - walk.count_rows, (walk.content_bytes - walk.offset) // SINGLE_BYTES, MOST_SINGLES)
    count = 0
    while count < most and load(address) == BLOCK_MAGIC_WORD and load(address + 16) == SINGLE_WORD:
        if load(address + 40) != previous:
            break
        previous = load(address + 48)
        address += SINGLE_BYTES
        count += 1
    return count


@kernel_function
def are_sound_singles(address: int, count: int, sequence: int) -> bool:
    """Whether `count` blocks of one row each at `address` are good, their chain and counts aside.

    There is no way out of the loop before its end: so eight blocks are checked at once where the processor can.
    """
    wrong = 0
    for number in range(count):
        header = address + number * SINGLE_BYTES
        payload = header + BLOCK_HEADER_BYTES
        wrong |= load(header + 8) ^ (sequence + number)
        wrong |= load(header + 56) ^ checksum_words(header, 56, 0)
        wrong |= load(header + 48) ^ checksum_words(payload, ROW_BYTES, checksum_words(header, 48, 0))
        wrong |= load(payload + FLAG_WORD) & CONTINUED_BIT
    return wrong == 0


@kernel_function
def gather_singles(walk_address: int) -> int:
    """Take the good blocks of one row each at a walk's position; how many, 0 where they are few or one is not good."""
    walk = block_walk(walk_address)
    count = single_blocks(walk_address)
    address = walk.content_address + walk.offset
    if count < FEWEST_SINGLES or walk.sequence < walk.start_sequence:
        return 0
    if not are_sound_singles(address, count, walk.sequence):
        return 0
    target = walk.rows_address + walk.count_rows * ROW_BYTES
    for number in range(count):
        copy_bytes(target + number * ROW_BYTES, address + number * SINGLE_BYTES + BLOCK_HEADER_BYTES, ROW_BYTES)
    last = address + (count - 1) * SINGLE_BYTES
    walk.checksum, walk.is_closed = load(last + 48), load(last + 32) & CLOSED_BIT
    walk.offset += count * SINGLE_BYTES
    walk.sequence += count
    walk.count_rows += count
    return count


@kernel_function
def sound_rows(walk_address: int) -> int:
    """Rows of the block at a walk's position if its header is good, whole and follows the block before; else 0."""
    walk = block_walk(walk_address)
    address, left = walk.content_address + walk.offset, walk.content_bytes - walk.offset
    if left < BLOCK_HEADER_BYTES or load(address) != BLOCK_MAGIC_WORD:
        return 0
    if load(address + 8) != walk.sequence or load(address + 40) != walk.checksum:
        return 0
    if checksum_words(address, 56, 0) != load(address + 56):
        return 0
    counts = load(address + 16)
    rows = counts & 0xFFFFFFFF
    byte_count = shift_right(counts, 32)
    if byte_count != rows * ROW_BYTES or rows > MAXIMUM_BLOCK_ROWS or byte_count > left - BLOCK_HEADER_BYTES:
        return 0
    if rows == 0 or load(address + BLOCK_HEADER_BYTES + FLAG_WORD) & CONTINUED_BIT != 0:
        return 0
    return rows


@kernel_function
def gather_payload(walk_address: int, rows: int) -> int:
    """Check the payload of the block at a walk's position and copy it behind the rows gathered so far.

    Returns 0, `FULL` where it has no room behind them, or `UNFIT` where it isn't good, has more rows than there is
    room at all, or holds the start within.
    """
    walk = block_walk(walk_address)
    header = walk.content_address + walk.offset
    payload = header + BLOCK_HEADER_BYTES
    if walk.count_rows + rows > walk.capacity_rows:
        return FULL if walk.count_rows != 0 else UNFIT
    seed = checksum_words(header, 48, 0)
    if walk.sequence < walk.start_sequence or checksum_words(payload, rows * ROW_BYTES, seed) != load(header + 48):
        return UNFIT
    copy_bytes(walk.rows_address + walk.count_rows * ROW_BYTES, payload, rows * ROW_BYTES)
    walk.count_rows += rows
    return 0


@kernel_function
def gather_blocks(walk_address: int) -> int:
    """Take good blocks from a walk's position on, their rows in one place; blocks before its start are passed over.

    Returns 0 at the end of the bytes, `FULL` where the rows are to be taken first, `UNFIT` before a block that is to be
    looked at by itself: a bad one, an empty one, one with too many rows, or one that holds the start within.
    """
    walk = block_walk(walk_address)
    while walk.offset < walk.content_bytes:
        if gather_singles(walk_address) != 0:
            continue
        rows = sound_rows(walk_address)
        if rows == 0:
            return UNFIT
        header = walk.content_address + walk.offset
        if walk.sequence + rows > walk.start_sequence:
            answer = gather_payload(walk_address, rows)
            if answer != 0:
                return answer
        walk.offset += BLOCK_HEADER_BYTES + rows * ROW_BYTES
        walk.sequence += rows
        walk.checksum, walk.is_closed = load(header + 48), load(header + 32) & CLOSED_BIT
    return 0


@journal_entry_point("i8(i8)")
def gather_entry(walk_address: int) -> int:
    """`gather_blocks`, for Python."""
    return gather_blocks(walk_address)


@journal_entry_point("i8(i8, i8, i8, i8, i8, i8, i8)")
def seal_entry(
    header: int, payload: int, first_sequence: int, rows: int, synced: int, flags: int, previous: int
) -> int:
    """`seal_block`, for Python."""
    return seal_block(header, payload, first_sequence, rows, synced, flags, previous)


@journal_entry_point("i8(i8, i8, i8)")
def checksum_entry(address: int, byte_count: int, seed: int) -> int:
    """`checksum_words`, for Python."""
    return checksum_words(address, byte_count, seed)


@journal_entry_point("i8(i8, i8, i8)")
def append_entry(buffer_address: int, record_address: int, rows: int) -> int:
    """`append_record`, for Python."""
    return append_record(buffer_address, record_address, rows)


@journal_entry_point("i8(i8, i8, i8, i8)")
def append_each_entry(buffer_address: int, records_address: int, records: int, rows: int) -> int:
    """Append `records` records of `rows` rows one by one; returns how many went in before the buffer was full."""
    for number in range(records):
        if append_record(buffer_address, records_address + number * rows * ROW_BYTES, rows) == FULL:
            return number
    return records
