"""The vocabulary of fields: one constructor a unit, so that a unit and its null are stated the same way everywhere."""

from __future__ import annotations

from atlas.records.layout import Field


def price(name: str, meaning: str) -> Field:
    """State a price in the instrument's price units."""
    return Field(name, "i8", "price units", "NULL", meaning)


def quantity(name: str, meaning: str) -> Field:
    """State a quantity in the instrument's quantity units."""
    return Field(name, "i8", "quantity units", "NULL", meaning)


def money(name: str, meaning: str) -> Field:
    """State an amount in steps of its currency."""
    return Field(name, "i8", "currency steps", "NULL", meaning)


def time(name: str, meaning: str) -> Field:
    """State a time in nanoseconds since 1970 UTC."""
    return Field(name, "i8", "ns UTC", "NULL", meaning)


def duration(name: str, meaning: str) -> Field:
    """State a length of time in nanoseconds."""
    return Field(name, "i8", "ns", "NULL", meaning)


def identity(name: str, meaning: str) -> Field:
    """State an id; ids from outside are interned by a STRING record."""
    return Field(name, "i8", "id", "0", meaning)


def text(name: str, meaning: str) -> Field:
    """State the number of a STRING record."""
    return Field(name, "i8", "string id", "0", meaning)


def count(name: str, meaning: str) -> Field:
    """State a whole number of things."""
    return Field(name, "i8", "count", "NULL", meaning)


def ratio(name: str, meaning: str, unit: str = "ratio") -> Field:
    """State a float for marks, ratios and statistics."""
    return Field(name, "f8", unit, "NaN", meaning)


def enum(name: str, enumeration: str, meaning: str) -> Field:
    """State one byte that holds a member of an enumeration of `atlas.records.enums`."""
    return Field(name, "u1", enumeration, "0", meaning)


def number(name: str, meaning: str, format: str = "u2", unit: str = "number") -> Field:
    """State a small whole number, 0 for none."""
    return Field(name, format, unit, "0", meaning)


ACCOUNT_NUMBER = number("account", "account number")
STRATEGY_NUMBER = number("strategy", "strategy number, 0 for none")
ASKED_BY = enum("asked_by", "AskedBy", "who asked")
WHY = enum("why", "Why", "why it was asked")
REASON = enum("reason", "Why", "why it was asked")
REJECT_REASON = enum("reject_reason", "RejectReason", "why it was refused")
CLIENT_ORDER_ID = identity("client_order_id", "our id of the order or request")
ORIGINAL_CLIENT_ORDER_ID = identity("original_client_order_id", "our id of the order that is meant")
VENUE_ORDER_ID = identity("venue_order_id", "the venue's id of the order")
SEQUENCE = count("sequence", "position in its source's stream")
TEXT_ID = text("text_id", "free text")
