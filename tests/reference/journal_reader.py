"""A journal read the slow, obvious way: one segment, plain Python, nothing of Atlas imported."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

MASK = 2**64 - 1
PRIMES = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)


def rotate(word: int, count: int) -> int:
    return ((word << count) | (word >> (64 - count))) & MASK


def mix(lane: int, word: int) -> int:
    return rotate((lane + word * PRIMES[1]) & MASK, 31) * PRIMES[0] & MASK


def xxh64(content: bytes, seed: int = 0) -> int:
    """XXH64 as published, for lengths that are multiples of 8."""
    words = struct.unpack(f"<{len(content) // 8}Q", content)
    p1, p2, p3, p4, p5 = PRIMES
    stripes = len(words) // 4 * 4
    total = (seed + p5) & MASK
    if stripes:
        lanes = [(seed + p1 + p2) & MASK, (seed + p2) & MASK, seed, (seed - p1) & MASK]
        for place in range(stripes):
            lanes[place % 4] = mix(lanes[place % 4], words[place])
        total = sum(rotate(lane, count) for lane, count in zip(lanes, (1, 7, 12, 18), strict=True)) & MASK
        for lane in lanes:
            total = ((total ^ mix(0, lane)) * p1 + p4) & MASK
    total = (total + len(content)) & MASK
    for word in words[stripes:]:
        total = (rotate(total ^ mix(0, word), 27) * p1 + p4) & MASK
    total = (total ^ (total >> 33)) * p2 & MASK
    total = (total ^ (total >> 29)) * p3 & MASK
    return total ^ (total >> 32)


def read_segment(path: Path) -> tuple[dict[str, Any], list[bytes], int]:
    """Return the header, the rows of every good block up to the first bad one, and the byte at which that is."""
    content = path.read_bytes()
    metadata_length = int.from_bytes(content[16:20], "little")
    offset = 192 + (metadata_length + 63) // 64 * 64
    previous = int.from_bytes(content[184:192], "little")
    assert content[:8] == b"ATLASJRN"
    assert xxh64(content[192:offset], xxh64(content[:184])) == previous
    header = {
        "version": int.from_bytes(content[8:10], "little"),
        "run_id": content[24:40].hex(),
        "boot_epoch": int.from_bytes(content[40:48], "little"),
        "created_time_ns": int.from_bytes(content[48:56], "little"),
        "metadata": json.loads(content[192 : 192 + metadata_length]),
    }
    sequence = int.from_bytes(content[56:64], "little")
    rows: list[bytes] = []
    while offset + 64 <= len(content):
        head = content[offset : offset + 64]
        magic, first, count, size, _, _, before, total, own = struct.unpack("<8sqIIqQQQQ", head)
        payload = content[offset + 64 : offset + 64 + size]
        if magic != b"ATLASBLK" or xxh64(head[:56]) != own or (first, before) != (sequence, previous):
            break
        if len(payload) < size or xxh64(payload, xxh64(head[:48])) != total:
            break
        rows += [payload[place : place + 64] for place in range(0, size, 64)]
        offset, sequence, previous = offset + 64 + size, sequence + count, total
    return header, rows, offset
