"""The compiled reader of delimited text: bytes to columns of numbers, times and symbols, cell by cell.

It reads what is ordinary and exact: numbers of up to 18 digits (correctly rounded), times in the usual forms, quoted
cells, spaces around a value. A cell of a number column that is anything else is put on a list of *odd* cells, which
the host reads; a time that can't be read becomes `NULL`. In plain mode the same functions run as ordinary Python.

The correctly rounded product of a decimal mantissa and a power of ten is Lemire's: "Number Parsing at a Gigabyte per
Second", Software: Practice and Experience 51 (2021).
"""

from __future__ import annotations

import hashlib
import pathlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import numpy as np

from atlas.kernel.memory.block import record, words
from atlas.kernel.memory.compilation import EntryPoint, kernel_function, rare_function
from atlas.kernel.memory.intrinsics import (
    add_wrap,
    below_unsigned,
    bits_float,
    leading_zeros,
    load,
    load_float,
    multiply_high,
    multiply_low,
    record_at,
    shift_left,
    shift_right,
    store,
    store_float,
)
from atlas.records.enums import NULL as NO_VALUE

# Kinds of columns.
SKIP, NUMBER, WHOLE, MOMENT, CLOCK, SYMBOL = range(6)
# How a call of the reader ends.
DONE, ODD_FULL, SYMBOLS_FULL, RAGGED, OPEN_QUOTE = range(5)

PADDING: Final = 64
"""Line ends that have to follow the text: words are read beyond its last byte."""

MOST_DIGITS: Final = 18
LEAST_EXPONENT: Final = -27
EXACT_MANTISSA: Final = 1 << 53
EXACT_POWER: Final = 22
SECOND_NS: Final = 1_000_000_000
DAY_NS: Final = 86_400 * SECOND_NS
FIRST_YEAR, LAST_YEAR = 1678, 2261
NULL: Final = NO_VALUE
NAN: Final = float("nan")
NO_DAY: Final = -(1 << 40)
LINE_FEED, RETURN, TAB, SPACE, QUOTE, COMMA, PLUS, MINUS, DOT, SLASH, COLON = 10, 13, 9, 32, 34, 44, 43, 45, 46, 47, 58
ZERO, NINE, LETTER_T, LETTER_Z, LOWER = 48, 57, 84, 90, 32

CELL_WALK: Final = record(
    words("position", "end", "row", "separator", "decimal", "columns_address", "column_count", "powers_address"),
    # Cells that the host has to read: row, column, offset of the first byte, of the byte after the last.
    words("odd_address", "odd_count", "odd_capacity", "text_address"),
    # What was seen of times: greatest first and second number of dates without a year in front, rows with and without
    # a zone, rows with and without a time of day; first rows of each, counted from 0, -1 where there is none.
    words("day_first", "first_most", "second_most", "first_zoned", "first_unzoned", "first_timed", "first_dated"),
    # Whether a time of day was not midnight; the zone read last, in seconds east of UTC.
    words("not_midnight", "last_zone"),
    # First row with a date of numbers that has no year in front.
    words("first_turned"),
    # The date that was read last, as bytes and as days.
    words("date_bytes", "date_more", "date_days"),
    # Symbols: slots of a hash map (number of the symbol + 1), and offset and length of each.
    words("slots_address", "slot_mask", "names_address", "name_count", "name_capacity", "last_name"),
    words("wrong_columns"),
)
"""What the host shares with the reader; see the groups."""

CELL_COLUMN: Final = record(words("kind", "output"))
"""A column: its kind, and the address of its output, eight bytes a row."""

walk_at, column_at = record_at(CELL_WALK), record_at(CELL_COLUMN)


@lru_cache(maxsize=1)
def own_hash() -> str:
    """Hash of this file: the object cache is keyed by the kernel's sources, of which it is none."""
    return hashlib.blake2b(pathlib.Path(__file__).read_bytes(), digest_size=8).hexdigest()


def reader_entry_point(signature: str) -> Callable[[Callable[..., Any]], EntryPoint]:
    """Make a function of this file callable from Python; its object code is dropped when this file changes."""

    def make(function: Callable[..., Any]) -> EntryPoint:
        point = EntryPoint(function, signature)
        point.name = f"{point.name}-{own_hash()}"
        return point

    return make


@lru_cache(maxsize=1)
def powers_of_ten() -> np.ndarray[Any, Any]:
    """Table of the reader: 10**n as floats for n to 22, then the upper and lower word of 5**q, q from -27 to 0."""
    table = np.zeros(EXACT_POWER + 1 + 2 * (1 - LEAST_EXPONENT), np.int64)
    table[: EXACT_POWER + 1] = np.array([float(10**power) for power in range(EXACT_POWER + 1)]).view(np.int64)
    for power in range(LEAST_EXPONENT, 1):
        five = 5**-power
        scaled = (1 << 127) if power == 0 else (1 << ((five - 1).bit_length() + 127)) // five + 1
        at = EXACT_POWER + 1 + 2 * (power - LEAST_EXPONENT)
        table[at : at + 2] = np.array([scaled >> 64, scaled & (2**64 - 1)], np.uint64).view(np.int64)
    return table


# --- cells -----------------------------------------------------------------------------------------------------------


@kernel_function
def byte_at(address: int) -> int:
    """Byte at an address."""
    return load(address) & 255


@kernel_function
def ends_cell(byte: int, separator: int) -> bool:
    """Whether a byte can't belong to an unquoted cell."""
    return byte == separator or byte == LINE_FEED or byte == RETURN


@rare_function
def end_of_cell(position: int, end: int, separator: int) -> int:
    """Address after a cell: of its separator or line end; `end` + 1 where a quote is never closed."""
    if byte_at(position) == QUOTE:
        position += 1
        while position < end:
            if byte_at(position) == QUOTE:
                if byte_at(position + 1) != QUOTE:
                    break
                position += 1
            position += 1
        if position >= end:
            return end + 1
    while not ends_cell(byte_at(position), separator):
        position += 1
    return position


@kernel_function
def skip_spaces(position: int, separator: int) -> int:
    """Address of the first byte that is no space or tab within a cell."""
    byte = byte_at(position)
    while (byte == SPACE or byte == TAB) and byte != separator:
        position += 1
        byte = byte_at(position)
    return position


@rare_function
def note_odd(walk_address: int, column: int, start: int, stop: int) -> None:
    """Put a cell on the list of those that the host reads; there is room for every column of a row."""
    walk = walk_at(walk_address)
    entry = walk.odd_address + 32 * walk.odd_count
    store(entry, walk.row)
    store(entry + 8, column)
    store(entry + 16, start - walk.text_address)
    store(entry + 24, stop - walk.text_address)
    walk.odd_count += 1


# --- numbers ---------------------------------------------------------------------------------------------------------


@rare_function
def rounded_product(powers: int, mantissa: int, exponent: int) -> float:
    """Float nearest to mantissa · 10**exponent, mantissa of 1 to 10**18, exponent of -27 to 0 (Lemire)."""
    entry = powers + 8 * (EXACT_POWER + 1 + 2 * (exponent - LEAST_EXPONENT))
    zeros = leading_zeros(mantissa)
    factor = shift_left(mantissa, zeros)
    high, low = multiply_high(factor, load(entry)), multiply_low(factor, load(entry))
    if high & 511 == 511:
        carried = multiply_high(factor, load(entry + 8))
        low = add_wrap(low, carried)
        if below_unsigned(low, carried):
            high = add_wrap(high, 1)
    upper = shift_right(high, 63)
    digits = shift_right(high, upper + 9)
    power = ((217706 * exponent) >> 16) + 63 + upper - zeros + 1023
    # A product half-way between two floats goes to the even one; only small powers of five can divide it so.
    half_way = (low == 0 or low == 1) and exponent >= -4 and digits & 3 == 1
    if half_way and shift_left(digits, upper + 9) == high:
        digits -= 1
    digits = (digits + (digits & 1)) >> 1
    if digits >= 1 << 53:
        digits = 1 << 52
        power += 1
    return bits_float((digits & ((1 << 52) - 1)) | shift_left(power, 52))


@kernel_function
def decimal_value(powers: int, mantissa: int, exponent: int) -> float:
    """Float nearest to mantissa · 10**exponent, exponent of -27 to 0."""
    if mantissa < EXACT_MANTISSA:
        return float(mantissa) / load_float(powers - 8 * exponent)
    return rounded_product(powers, mantissa, exponent)


@kernel_function
def read_number(walk_address: int, position: int, output: int, column: int) -> int:
    """Read a cell as a float; returns the address after it. NaN where it is empty, or for the host to read."""
    walk = walk_at(walk_address)
    separator, decimal, start = walk.separator, walk.decimal, position
    quoted = byte_at(position) == QUOTE
    if quoted:
        position += 1
    position = skip_spaces(position, separator)
    byte = byte_at(position)
    negative = byte == MINUS
    if negative or byte == PLUS:
        position += 1
        byte = byte_at(position)
    first, mantissa = position, 0
    while ZERO <= byte <= NINE:
        mantissa = mantissa * 10 + byte - ZERO
        position += 1
        byte = byte_at(position)
    digits, exponent = position - first, 0
    if byte == decimal and (byte != separator or quoted):
        position += 1
        point = position
        byte = byte_at(position)
        while ZERO <= byte <= NINE:
            mantissa = mantissa * 10 + byte - ZERO
            position += 1
            byte = byte_at(position)
        exponent = point - position
        digits -= exponent
    if byte == SPACE or byte == TAB:
        position = skip_spaces(position, separator)
        byte = byte_at(position)
    if quoted and byte == QUOTE:
        position += 1
        byte = byte_at(position)
    elif quoted:
        digits = MOST_DIGITS + 1
    if not ends_cell(byte, separator) or digits > MOST_DIGITS or (digits == 0 and position != first):
        return leave_to_host(walk_address, start, output, column)
    if digits == 0:
        store_float(output, NAN)
        return position
    value = decimal_value(walk.powers_address, mantissa, exponent)
    store_float(output, -value if negative else value)
    return position


@rare_function
def leave_to_host(walk_address: int, start: int, output: int, column: int) -> int:
    """Leave a number's cell to the host; returns the address after it."""
    walk = walk_at(walk_address)
    stop = end_of_cell(start, walk.end, walk.separator)
    note_odd(walk_address, column, start, stop)
    store_float(output, NAN)
    return stop


@rare_function
def read_whole(walk_address: int, position: int, output: int) -> int:
    """Read a cell as a whole number, `NULL` where it is none; returns the address after it."""
    walk = walk_at(walk_address)
    start, separator = position, walk.separator
    quoted = byte_at(position) == QUOTE
    if quoted:
        position += 1
    position = skip_spaces(position, separator)
    byte = byte_at(position)
    negative = byte == MINUS
    if negative:
        position += 1
        byte = byte_at(position)
    first, value = position, 0
    while ZERO <= byte <= NINE:
        value = value * 10 + byte - ZERO
        position += 1
        byte = byte_at(position)
    digits = position - first
    position = skip_spaces(position, separator)
    if quoted and byte_at(position) == QUOTE:
        position += 1
    if digits == 0 or digits > MOST_DIGITS + 1 or value < 0 or not ends_cell(byte_at(position), separator):
        store(output, NULL)
        return end_of_cell(start, walk.end, separator)
    store(output, -value if negative else value)
    return position


# --- times -----------------------------------------------------------------------------------------------------------


@kernel_function
def read_digits(position: int) -> tuple[int, int]:
    """Whole number at an address, and the address after it."""
    value, byte = 0, byte_at(position)
    while ZERO <= byte <= NINE:
        value = value * 10 + byte - ZERO
        position += 1
        byte = byte_at(position)
    return value, position


@kernel_function
def days_of(year: int, month: int, day: int) -> int:
    """Days since 1970 of a date of the Gregorian calendar; `NO_DAY` where there is none, or none with nanoseconds."""
    if year < FIRST_YEAR or year > LAST_YEAR or month < 1 or month > 12 or day < 1:
        return NO_DAY
    most = 31 - (month == 4 or month == 6 or month == 9 or month == 11)
    if month == 2:
        most = 28 + (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
    if day > most:
        return NO_DAY
    shifted = year - (month <= 2)
    era_year = shifted % 400
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return shifted // 400 * 146_097 + era_year * 365 + era_year // 4 - era_year // 100 + day_of_year - 719_468


@rare_function
def month_at(position: int) -> int:
    """Month of a name's first three letters, in any case; 0 where it is none."""
    names = load(position) & 0xFFFFFF | 0x202020
    month = 0
    if names == 0x6E616A:
        month = 1
    elif names == 0x626566:
        month = 2
    elif names == 0x72616D:
        month = 3
    elif names == 0x727061:
        month = 4
    elif names == 0x79616D:
        month = 5
    elif names == 0x6E756A:
        month = 6
    elif names == 0x6C756A:
        month = 7
    elif names == 0x677561:
        month = 8
    elif names == 0x706573:
        month = 9
    elif names == 0x74636F:
        month = 10
    elif names == 0x766F6E:
        month = 11
    elif names == 0x636564:
        month = 12
    return month


@kernel_function
def is_letter(byte: int) -> bool:
    """Whether a byte is a Latin letter."""
    return 97 <= (byte | LOWER) <= 122


@kernel_function
def is_joint(byte: int) -> bool:
    """Whether a byte may stand between the parts of a date."""
    return byte == MINUS or byte == SLASH or byte == DOT or byte == SPACE or byte == COMMA


@kernel_function
def skip_joints(position: int) -> int:
    """Address after what stands between two parts of a date, a comma and a space at most."""
    if is_joint(byte_at(position)):
        position += 1
    if byte_at(position) == SPACE:
        position += 1
    return position


@rare_function
def read_part(position: int) -> tuple[int, int, bool]:
    """Part of a date: its number, the address after it, and whether it is the name of a month."""
    if not is_letter(byte_at(position)):
        value, position = read_digits(position)
        return value, position, False
    month = month_at(position)
    while is_letter(byte_at(position)):
        position += 1
    return month, position, True


@rare_function
def unfriendly_date(walk_address: int, position: int) -> tuple[int, int]:
    """Days of a date that has no year in front, and the address after it: 31/01/2024, 1/31/24, 31-Jan-2024."""
    walk = walk_at(walk_address)
    first, position, first_is_name = read_part(position)
    second, position, second_is_name = read_part(skip_joints(position))
    start = skip_joints(position)
    year, position = read_digits(start)
    if position - start == 2:
        year += 2000 if year < 70 else 1900
    elif position - start != 4:
        return NO_DAY, position
    if first_is_name:
        return days_of(year, first, second), position
    if second_is_name:
        return days_of(year, second, first), position
    walk.first_turned = note_first(walk.first_turned, walk.row)
    walk.first_most, walk.second_most = max(walk.first_most, first), max(walk.second_most, second)
    if walk.day_first != 0:
        return days_of(year, second, first), position
    return days_of(year, first, second), position


@kernel_function
def read_date(walk_address: int, position: int) -> tuple[int, int]:
    """Days since 1970 of a date, `NO_DAY` where it is none, and the address after it."""
    walk = walk_at(walk_address)
    bytes_now, more = load(position), load(position + 8) & 0xFFFF
    if bytes_now == walk.date_bytes and more == walk.date_more:
        return walk.date_days, position + 10
    start = position
    value, position = read_digits(position)
    length = position - start
    if length == 8 or length == 12 or length == 14:
        divisor = 1 if length == 8 else (10_000 if length == 12 else 1_000_000)
        whole = value // divisor
        return days_of(whole // 10_000, whole // 100 % 100, whole % 100), start + 8
    if length != 4:
        return unfriendly_date(walk_address, start)
    month, position, _ = read_part(skip_joints(position))
    day, position = read_digits(skip_joints(position))
    days = days_of(value, month, day)
    if position - start == 10:
        walk.date_bytes, walk.date_more, walk.date_days = bytes_now, more, days
    return days, position


@rare_function
def read_clock(position: int, separator: int) -> tuple[int, int]:
    """Nanoseconds since midnight of a time of day, -1 where it is none, and the address after it."""
    start, minute, second, nanoseconds = position, 0, 0, 0
    hour, position = read_digits(position)
    length = position - start
    if byte_at(position) == COLON and length <= 2:
        begin = position + 1
        minute, position = read_digits(begin)
        if position - begin != 2:
            return -1, position
        if byte_at(position) == COLON:
            begin = position + 1
            second, position = read_digits(begin)
            if position - begin != 2:
                return -1, position
    elif length == 3 or length == 4:
        hour, minute = hour // 100, hour % 100
    elif length == 5 or length == 6:
        hour, minute, second = hour // 10_000, hour // 100 % 100, hour % 100
    else:
        return -1, position
    if byte_at(position) == DOT or (byte_at(position) == COMMA and separator != COMMA):
        begin = position + 1
        fraction, stop = read_digits(begin)
        if 0 < stop - begin <= 18:
            position, nanoseconds = stop, to_nine_digits(fraction, stop - begin)
    spot = skip_spaces(position, TAB)
    letter = byte_at(spot) | LOWER
    if (letter == 97 or letter == 112) and byte_at(spot + 1) | LOWER == 109:
        if hour < 1 or hour > 12:
            return -1, position
        hour = hour % 12 + (12 if letter == 112 else 0)
        position = spot + 2
    if hour > 23 or minute > 59 or second > 59:
        return -1, position
    return ((hour * 60 + minute) * 60 + second) * SECOND_NS + nanoseconds, position


@kernel_function
def to_nine_digits(fraction: int, digits: int) -> int:
    """Nanoseconds of a fraction of a second that is written with so many digits."""
    while digits < 9:
        fraction *= 10
        digits += 1
    while digits > 9:
        fraction //= 10
        digits -= 1
    return fraction


@rare_function
def read_zone(position: int) -> tuple[int, int]:
    """Seconds east of UTC of a zone that is written, `NULL` where none is, and the address after it."""
    byte = byte_at(position)
    letters = load(position) & 0xFFFFFF | 0x202020
    if letters == 0x637475 or letters == 0x746D67:
        position += 3
        byte = byte_at(position)
        if byte != PLUS and byte != MINUS:
            return 0, position
    if byte | LOWER == LETTER_Z | LOWER:
        return 0, position + 1
    if byte != PLUS and byte != MINUS:
        return NULL, position
    start, minutes = position + 1, 0
    hours, position = read_digits(start)
    if position - start == 4:
        hours, minutes = hours // 100, hours % 100
    elif position - start > 2 or position == start:
        return NULL, start
    elif byte_at(position) == COLON:
        minutes, position = read_digits(position + 1)
    seconds = (hours * 60 + minutes) * 60
    return -seconds if byte == MINUS else seconds, position


@kernel_function
def note_first(current: int, row: int) -> int:
    """First row that something was seen in."""
    return row if current < 0 else current


@rare_function
def read_moment(walk_address: int, position: int, output: int) -> int:
    """Read a date with or without a time of day and a zone; returns the address after the cell."""
    walk = walk_at(walk_address)
    cell, separator = position, walk.separator
    quoted = byte_at(position) == QUOTE
    if quoted:
        position += 1
    position = skip_spaces(position, separator)
    days, position = read_date(walk_address, position)
    clock, zone, timed = 0, NULL, False
    byte, after = byte_at(position), byte_at(position + 1)
    is_gap = byte == SPACE or byte | LOWER == LETTER_T | LOWER or byte == COLON or byte == COMMA or byte == 59
    if byte != separator or quoted:
        if is_gap and byte == COMMA:
            position = skip_spaces(position + 1, separator) - 1
            after = byte_at(position + 1)
        if (is_gap and ZERO <= after <= NINE) or ZERO <= byte <= NINE:
            clock, position = read_clock(position + 1 if is_gap else position, separator)
            timed = True
            position = skip_spaces(position, separator)
            zone, position = read_zone(position)
    position = skip_spaces(position, separator)
    if quoted and byte_at(position) == QUOTE:
        position += 1
    if days == NO_DAY or clock < 0 or not ends_cell(byte_at(position), separator):
        store(output, NULL)
        return end_of_cell(cell, walk.end, separator)
    if timed:
        walk.first_timed = note_first(walk.first_timed, walk.row)
        walk.not_midnight |= clock
        if zone == NULL:
            walk.first_unzoned = note_first(walk.first_unzoned, walk.row)
        else:
            walk.first_zoned = note_first(walk.first_zoned, walk.row)
            walk.last_zone = zone
    else:
        walk.first_dated = note_first(walk.first_dated, walk.row)
    store(output, days * DAY_NS + clock - (0 if zone == NULL else zone * SECOND_NS))
    return position


@rare_function
def read_time_of_day(walk_address: int, position: int, output: int) -> int:
    """Read a cell that holds a time of day alone; returns the address after it."""
    walk = walk_at(walk_address)
    cell, separator = position, walk.separator
    quoted = byte_at(position) == QUOTE
    if quoted:
        position += 1
    start = skip_spaces(position, separator)
    clock, position = read_clock(start, separator)
    # A spreadsheet drops the zeros in front of 93000, and makes 0 of midnight.
    if clock < 0 and position - start <= 2:
        value, position = read_digits(start)
        clock = value * 60 * SECOND_NS if value < 60 and position > start else -1
    zone, position = read_zone(skip_spaces(position, separator))
    position = skip_spaces(position, separator)
    if quoted and byte_at(position) == QUOTE:
        position += 1
    if clock < 0 or not ends_cell(byte_at(position), separator):
        store(output, NULL)
        return end_of_cell(cell, walk.end, separator)
    if zone == NULL:
        walk.first_unzoned = note_first(walk.first_unzoned, walk.row)
        zone = 0
    else:
        walk.first_zoned = note_first(walk.first_zoned, walk.row)
    store(output, clock - zone * SECOND_NS)
    return position


# --- symbols ---------------------------------------------------------------------------------------------------------


@kernel_function
def same_text(first: int, second: int, length: int) -> bool:
    """Whether two texts of a length are equal."""
    for at in range(length):
        if byte_at(first + at) != byte_at(second + at):
            return False
    return True


@rare_function
def read_symbol(walk_address: int, position: int, output: int) -> int:
    """Read a cell as the number of its text, -1 where it is empty; returns the address after it."""
    walk = walk_at(walk_address)
    separator = walk.separator
    stop = end_of_cell(position, walk.end, separator)
    start, last = skip_spaces(position, separator), min(stop, walk.end)
    if byte_at(start) == QUOTE:
        start, last = start + 1, last - 1
        start = skip_spaces(start, separator)
    while last > start and (byte_at(last - 1) == SPACE or byte_at(last - 1) == TAB or byte_at(last - 1) == QUOTE):
        last -= 1
    length = last - start
    if length <= 0:
        store(output, -1)
        return stop
    if walk.last_name >= 0:
        name = walk.names_address + 16 * walk.last_name
        if load(name + 8) == length and same_text(load(name), start, length):
            store(output, walk.last_name)
            return stop
    walk.last_name = number_of_name(walk_address, start, length)
    store(output, walk.last_name)
    return stop


@kernel_function
def slot_of_name(start: int, length: int, mask: int) -> int:
    """Slot at which the search for a text starts."""
    mixed = length
    for at in range(length):
        mixed = multiply_low(mixed ^ byte_at(start + at), 0x100000001B3)
    return shift_right(mixed ^ shift_right(mixed, 29), 3) & mask


@rare_function
def number_of_name(walk_address: int, start: int, length: int) -> int:
    """Number of a text, a new one where it was not seen before; there is always room for one more."""
    walk = walk_at(walk_address)
    slot = slot_of_name(start, length, walk.slot_mask)
    number = load(walk.slots_address + 8 * slot) - 1
    while number >= 0:
        name = walk.names_address + 16 * number
        if load(name + 8) == length and same_text(load(name), start, length):
            return number
        slot = (slot + 1) & walk.slot_mask
        number = load(walk.slots_address + 8 * slot) - 1
    number = int(walk.name_count)
    store(walk.slots_address + 8 * slot, number + 1)
    store(walk.names_address + 16 * number, start)
    store(walk.names_address + 16 * number + 8, length)
    walk.name_count += 1
    return number


@rare_function
def place_names(walk_address: int) -> None:
    """Enter the names known so far into empty slots, of which there are four for each name there is room for."""
    walk = walk_at(walk_address)
    for number in range(walk.name_count):
        name = walk.names_address + 16 * number
        slot = slot_of_name(load(name), load(name + 8), walk.slot_mask)
        while load(walk.slots_address + 8 * slot) != 0:
            slot = (slot + 1) & walk.slot_mask
        store(walk.slots_address + 8 * slot, number + 1)


# --- rows ------------------------------------------------------------------------------------------------------------


@kernel_function
def read_cell(walk_address: int, position: int, column: int) -> int:
    """Read one cell into its column's output; returns the address after it."""
    walk = walk_at(walk_address)
    entry = column_at(walk.columns_address + 16 * column)
    kind, output = entry.kind, entry.output + 8 * walk.row
    if kind == NUMBER:
        return read_number(walk_address, position, output, column)
    if kind == MOMENT:
        return read_moment(walk_address, position, output)
    if kind == WHOLE:
        return read_whole(walk_address, position, output)
    if kind == SYMBOL:
        return read_symbol(walk_address, position, output)
    if kind == CLOCK:
        return read_time_of_day(walk_address, position, output)
    return end_of_cell(position, walk.end, walk.separator)


@rare_function
def surplus_cells(walk_address: int, position: int) -> int:
    """Skip cells beyond the last column, which must be empty; returns the address after the row, 0 where one isn't."""
    walk = walk_at(walk_address)
    count, filled = walk.column_count, False
    while byte_at(position) == walk.separator and position < walk.end:
        stop = end_of_cell(position + 1, walk.end, walk.separator)
        filled = filled or stop > position + 1
        position, count = stop, count + 1
    walk.wrong_columns = count
    return 0 if filled else position


@kernel_function
def read_row(walk_address: int, position: int) -> int:
    """Read one row; returns the address after its line end, or minus the status that ends the reading."""
    walk = walk_at(walk_address)
    separator, end, count = walk.separator, walk.end, walk.column_count
    for column in range(count):
        position = read_cell(walk_address, position, column)
        if position > end:
            return -OPEN_QUOTE
        if column + 1 < count:
            if byte_at(position) != separator or position >= end:
                walk.wrong_columns = column + 1
                return -RAGGED
            position += 1
    if byte_at(position) == separator and position < end:
        position = surplus_cells(walk_address, position)
        if position == 0:
            return -RAGGED
    if byte_at(position) == RETURN and position < end:
        position += 1
    if byte_at(position) == LINE_FEED and position < end:
        position += 1
    return position


@reader_entry_point("i8(i8)")
def read_rows(walk_address: int) -> int:
    """Read rows from `position` on, blank lines left out; returns how it ended. Called again, it wants empty slots."""
    walk = walk_at(walk_address)
    position, end = walk.position, walk.end
    most_odd, most_names = walk.odd_capacity - walk.column_count, walk.name_capacity - 1
    place_names(walk_address)
    while position < end:
        byte = byte_at(position)
        if byte == LINE_FEED or byte == RETURN:
            position += 1
            continue
        walk.position = position
        if walk.odd_count > most_odd:
            return ODD_FULL
        if walk.name_count > most_names:
            return SYMBOLS_FULL
        position = read_row(walk_address, position)
        if position < 0:
            return -position
        walk.row += 1
    walk.position = position
    return DONE
