from __future__ import annotations

import numpy as np
import pytest

from atlas.journal.checksum import checksum, signed, unsigned
from tests.reference.journal_reader import xxh64

# The published value of XXH64 for the empty input and seed 0.
EMPTY = 0xEF46DB3751D8E999


def test_the_empty_input_has_the_published_value() -> None:
    assert checksum(b"") == EMPTY


@pytest.mark.parametrize("size", [8, 16, 24, 32, 40, 56, 64, 96, 128, 1024, 4096 + 8])
def test_agrees_with_the_slow_twin(size: int) -> None:
    content = np.random.default_rng(size).bytes(size)
    for seed in (0, 1, 2**63, 2**64 - 1):
        assert checksum(content, seed) == xxh64(content, seed)


def test_every_bit_of_a_record_counts() -> None:
    content = np.random.default_rng(3).bytes(64)
    found = {checksum(content)}
    for bit in range(512):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        found.add(checksum(bytes(changed)))
    assert len(found) == 513


def test_lengths_that_are_no_whole_words_are_refused() -> None:
    with pytest.raises(ValueError, match="whole 8-byte words"):
        checksum(b"123")


@pytest.mark.parametrize("word", [0, 1, 2**63 - 1, 2**63, 2**64 - 1])
def test_words_keep_their_bits(word: int) -> None:
    assert unsigned(signed(word)) == word
    assert -(2**63) <= signed(word) < 2**63
