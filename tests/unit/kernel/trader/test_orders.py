"""An order's life: every road it can take, what is held for it, what is audited, which commands leave."""

from __future__ import annotations

import pytest

from atlas.kernel.trader.creation import Capacities
from atlas.records.enums import (
    AskedBy,
    CancelRejectResponse,
    ExecutionType,
    OrderStatus,
    QuantityKind,
    RejectReason,
    TransactionType,
    Why,
)
from atlas.records.kinds import Kind
from tests.unit.kernel.trader.driver import (
    BUY,
    CANCEL,
    CANCEL_ALL,
    DOLLAR,
    DOUBT,
    MONEY,
    REPLACE,
    SELL,
    SHARE,
    TARGET,
    Driver,
)

TYPES = ExecutionType
REPLACING = CancelRejectResponse.REPLACE


def desk(**terms: object) -> Driver:
    driver = Driver(**terms)  # type: ignore[arg-type]
    driver.bar(100)
    driver.outputs()
    return driver


def working(driver: Driver, quantity: float = 10, limit: float = 99, side: int = BUY, **terms: int) -> int:
    """An acknowledged limit order."""
    order = driver.order(side, quantity, limit=limit, **terms)
    driver.report(order, TYPES.NEW, venue_order_id=7)
    driver.path()
    driver.commands()
    return order


def counts(driver: Driver) -> tuple[int, int, int]:
    """Live rows, orders of the instrument that work, orders of the account that work."""
    live = len(driver.block.live("orders"))
    return live, int(driver.block.rows("instruments")[1]["live_orders"]), int(driver.account()["working_orders"])


# --- the ordinary life


def test_acknowledged_filled_in_parts_and_done() -> None:
    driver = desk()
    order = driver.order(BUY, 10, limit=99)
    assert driver.held() == (10, 0, 990)
    driver.report(order, TYPES.NEW, venue_order_id=7)
    driver.fill(order, 4, 99)
    assert driver.held() == (6, 0, 594)
    driver.fill(order, 6, 98)
    assert driver.path() == ["PENDING_NEW", "ACKNOWLEDGED", "PARTIAL_FILL", "FILLED"]
    assert driver.state(order) == "[FILLED]"
    assert driver.held() == (0, 0, 0)
    assert counts(driver) == (0, 0, 0)
    row = driver.find(order)
    assert row is not None
    assert row["filled_notional_money"] == (4 * 99 + 6 * 98) * MONEY
    assert row["venue_order_id"] == 7


def test_a_command_says_what_was_asked_for() -> None:
    driver = desk()
    order = driver.order(SELL, 3, limit=101, strategy=2)
    (command,) = driver.commands()
    assert command["kind"] == Kind.NEW_ORDER
    assert (command["client_order_id"], command["side"], command["strategy"]) == (order, SELL, 2)
    assert (command["quantity_units"], command["price_units"]) == (3 * SHARE, 101 * DOLLAR)


def test_the_audit_says_who_why_and_how_much() -> None:
    driver = desk()
    order = working(driver)
    driver.fill(order, 4, 99)
    driver.do(CANCEL, 1, order)
    filled, asked = driver.outputs(Kind.ORDER_TRANSITION)
    assert (filled["client_order_id"], filled["cumulative_quantity_units"]) == (order, 4 * SHARE)
    assert filled["price_units"] == 99 * DOLLAR
    assert (asked["asked_by"], asked["why"], asked["strategy"]) == (AskedBy.STRATEGY, Why.SIGNAL, 1)
    assert (asked["from_state"], asked["to_state"]) == (4, 4 + 16)


def test_a_fill_says_its_reasons() -> None:
    driver = desk()
    order = working(driver)
    driver.fill(order, 10, "99.5", 2, arrival_time_ns=5, price_rule=3)
    (fill,) = driver.outputs(Kind.FILL)
    assert (fill["client_order_id"], fill["position_units"]) == (order, 10 * SHARE)
    assert (fill["notional_money"], fill["fee_money"]) == (995 * MONEY, 2 * MONEY)
    assert (fill["reference_price_units"], fill["slippage_money"]) == (100 * DOLLAR, -5 * MONEY)
    assert (fill["arrival_time_ns"], fill["price_rule"], fill["sequence"]) == (5, 3, 1)
    assert fill["row3_venue_time_ns"] == fill["venue_time_ns"]


@pytest.mark.parametrize("kind", [TYPES.REJECTED, TYPES.CANCELED, TYPES.EXPIRED])
def test_ends_without_a_fill(kind: ExecutionType) -> None:
    driver = desk()
    order = driver.order(BUY, 10)
    driver.report(order, kind, reject_reason=RejectReason.VENUE_CLOSED if kind == TYPES.REJECTED else 0)
    assert driver.state(order) == f"[{kind.name}]"
    assert driver.held() == (0, 0, 0)
    assert counts(driver) == (0, 0, 0)


def test_a_fill_before_the_acknowledgement() -> None:
    driver = desk()
    order = driver.order(BUY, 10)
    driver.fill(order, 4, 100)
    driver.report(order, TYPES.NEW)
    assert driver.state(order) == "PARTIAL_FILL"
    driver.fill(order, 6, 100)
    driver.report(order, TYPES.NEW)
    assert driver.state(order) == "[FILLED]"
    assert driver.quarantined() == []


@pytest.mark.parametrize(
    ("kind", "state"),
    [(TYPES.SUSPENDED, "SUSPENDED"), (TYPES.DONE_FOR_DAY, "DONE_FOR_DAY"), (TYPES.STOPPED, "ACKNOWLEDGED")],
)
def test_set_aside_and_back(kind: ExecutionType, state: str) -> None:
    driver = desk()
    order = working(driver)
    driver.report(order, kind)
    assert driver.state(order) == state
    assert driver.held() == (10, 0, 990)
    driver.report(order, TYPES.NEW)
    assert driver.state(order) == "ACKNOWLEDGED"
    driver.fill(order, 1, 99)
    driver.report(order, kind)
    driver.report(order, TYPES.NEW)
    assert driver.state(order) == "PARTIAL_FILL"


# --- cancel


def test_a_cancel_is_asked_for_once_and_accepted() -> None:
    driver = desk()
    order = working(driver)
    driver.do(CANCEL, 1, order)
    driver.do(CANCEL, 1, order)
    (command,) = driver.commands()
    assert (command["kind"], command["original_client_order_id"]) == (Kind.CANCEL_ORDER, order)
    assert command["venue_order_id"] == 7
    assert driver.held() == (10, 0, 990)
    driver.report(order, TYPES.PENDING_CANCEL)
    driver.report(order, TYPES.CANCELED)
    assert driver.path() == ["ACKNOWLEDGED+PENDING_CANCEL"] * 2 + ["CANCELED"]
    assert driver.held() == (0, 0, 0)


def test_a_report_under_the_requests_own_id_finds_the_order() -> None:
    driver = desk()
    order = working(driver)
    driver.do(CANCEL, 1, order)
    (command,) = driver.commands()
    driver.report(int(command["client_order_id"]), TYPES.CANCELED, instrument=1, reference_id=order)
    assert driver.state(order) == "[CANCELED]"
    assert driver.block.rows("order_index")["key"].tolist().count(int(command["client_order_id"])) == 0


def test_a_refused_cancel_leaves_the_order_working() -> None:
    driver = desk()
    order = working(driver)
    driver.do(CANCEL, 1, order)
    driver.refuse(order, reject_reason=RejectReason.VENUE_TOO_LATE_TO_CANCEL)
    assert driver.state(order) == "ACKNOWLEDGED"
    assert driver.held() == (10, 0, 990)
    driver.do(CANCEL, 1, order)
    assert len(driver.commands()) == 2


def test_a_fill_while_a_cancel_is_pending() -> None:
    driver = desk()
    order = working(driver)
    driver.do(CANCEL, 1, order)
    driver.fill(order, 4, 99)
    assert driver.state(order) == "PARTIAL_FILL+PENDING_CANCEL"
    driver.report(order, TYPES.CANCELED)
    assert driver.state(order) == "[CANCELED]"
    assert driver.held() == (0, 0, 0)


def test_filled_while_a_cancel_is_pending_keeps_its_row_until_the_answer() -> None:
    driver = desk()
    order = working(driver)
    driver.do(CANCEL, 1, order)
    driver.fill(order, 10, 99)
    assert driver.state(order) == "FILLED+PENDING_CANCEL"
    assert driver.held() == (0, 0, 0)
    assert counts(driver) == (1, 0, 0)
    driver.refuse(order)
    assert driver.state(order) == "[FILLED]"
    assert counts(driver) == (0, 0, 0)
    assert driver.quarantined() == []


def test_a_cancel_reject_on_a_tombstone_says_nothing_new() -> None:
    driver = desk()
    order = working(driver)
    driver.fill(order, 10, 99)
    before = driver.bytes()
    driver.refuse(order)
    assert driver.bytes() == before
    assert driver.header["quarantined_count"] == 0


def test_cancel_rejects_that_make_no_sense_are_quarantined() -> None:
    driver = desk()
    order = working(driver)
    driver.refuse(order)
    driver.refuse(order, REPLACING)
    driver.refuse(999)
    assert driver.quarantined() == ["ILLEGAL_TRANSITION", "ILLEGAL_TRANSITION", "UNKNOWN_ORDER"]
    assert driver.header["quarantined_count"] == 3


def test_cancel_all_of_one_strategy() -> None:
    driver = desk()
    mine, other = working(driver), working(driver, strategy=2)
    assert driver.do(CANCEL_ALL, 1, -1) == 1
    assert driver.state(mine) == "ACKNOWLEDGED+PENDING_CANCEL"
    assert driver.state(other) == "ACKNOWLEDGED"


def test_an_order_of_another_strategy_is_unknown() -> None:
    driver = desk()
    order = working(driver)
    assert driver.do(CANCEL, 2, order) < 0
    assert driver.do(REPLACE, 2, order, x=5) < 0


# --- replace


def test_a_replacement_holds_for_the_larger_and_then_for_the_new() -> None:
    driver = desk()
    order = working(driver)
    driver.fill(order, 2, 99)
    request = driver.do(REPLACE, 1, order, x=22, y=90)
    assert request > order
    assert driver.held() == (20, 0, 1800)
    (command,) = driver.commands()
    assert (command["quantity_units"], command["price_units"]) == (22 * SHARE, 90 * DOLLAR)
    terms = {"order_quantity_units": 22 * SHARE, "price_units": 90 * DOLLAR}
    driver.report(request, TYPES.REPLACED, instrument=1, reference_id=order, **terms)
    assert driver.state(order) == "PARTIAL_FILL"
    assert driver.held() == (20, 0, 1800)
    driver.fill(request, 20, 90, instrument=1)
    assert driver.state(order) == "[FILLED]"
    assert driver.held() == (0, 0, 0)


def test_a_replacement_to_less_gives_the_rest_back() -> None:
    driver = desk()
    order = working(driver)
    driver.do(REPLACE, 1, order, x=4)
    assert driver.held() == (10, 0, 990)
    driver.report(order, TYPES.PENDING_REPLACE)
    driver.report(order, TYPES.REPLACED, order_quantity_units=4 * SHARE, price_units=99 * DOLLAR)
    assert driver.held() == (4, 0, 396)
    assert driver.state(order) == "ACKNOWLEDGED"


def test_a_refused_replacement_holds_for_the_old_terms() -> None:
    driver = desk()
    order = working(driver)
    driver.do(REPLACE, 1, order, x=20, y=100)
    assert driver.held() == (20, 0, 2000)
    driver.refuse(order, REPLACING)
    assert driver.held() == (10, 0, 990)
    row = driver.find(order)
    assert row is not None
    assert (row["quantity_units"], row["price_units"]) == (10 * SHARE, 99 * DOLLAR)


def test_a_replacement_that_was_overtaken_by_fills_completes() -> None:
    driver = desk()
    order = working(driver)
    driver.do(REPLACE, 1, order, x=5)
    driver.fill(order, 5, 99)
    driver.report(order, TYPES.REPLACED, order_quantity_units=5 * SHARE, price_units=99 * DOLLAR)
    assert driver.state(order) == "[FILLED]"
    assert driver.held() == (0, 0, 0)


def test_filled_while_a_replacement_is_pending_opens_again() -> None:
    driver = desk()
    order = working(driver)
    driver.do(REPLACE, 1, order, x=15)
    driver.fill(order, 10, 99)
    assert driver.state(order) == "FILLED+PENDING_REPLACE"
    assert counts(driver) == (1, 0, 0)
    assert driver.held() == (0, 0, 0)
    driver.report(order, TYPES.REPLACED, order_quantity_units=15 * SHARE, price_units=99 * DOLLAR)
    assert driver.state(order) == "PARTIAL_FILL"
    assert driver.held() == (5, 0, 495)
    assert counts(driver) == (1, 1, 1)
    driver.fill(order, 5, 99)
    assert driver.state(order) == "[FILLED]"
    assert counts(driver) == (0, 0, 0)


def test_filled_while_a_replacement_is_pending_ends_with_its_refusal() -> None:
    driver = desk()
    order = working(driver)
    driver.do(REPLACE, 1, order, x=15)
    driver.fill(order, 10, 99)
    driver.refuse(order, REPLACING)
    assert driver.state(order) == "[FILLED]"
    assert driver.held() == (0, 0, 0)


def test_what_waits_for_a_cancel_can_not_be_replaced_and_holds_no_more() -> None:
    driver = desk()
    order = working(driver)
    driver.do(CANCEL, 1, order)
    assert driver.do(REPLACE, 1, order, x=50) == 0
    assert driver.held() == (10, 0, 990)
    driver.fill(order, 10, 99)
    assert driver.do(REPLACE, 1, order, x=50) == 0
    assert driver.held() == (0, 0, 0)


def test_a_cancel_after_a_replacement_and_late_reports_under_old_ids() -> None:
    driver = desk()
    order = working(driver)
    first = driver.do(REPLACE, 1, order, x=12)
    driver.report(first, TYPES.REPLACED, instrument=1, reference_id=order, order_quantity_units=12 * SHARE)
    driver.do(CANCEL, 1, order)
    driver.fill(first, 2, 99, instrument=1, reference_id=order)
    driver.report(first, TYPES.CANCELED, instrument=1, reference_id=order)
    assert driver.state(order) == "[CANCELED]"
    driver.fill(first, 3, 99, instrument=1, reference_id=order)
    assert driver.position()["quantity_units"] == 5 * SHARE
    assert driver.quarantined() == []


def test_the_venue_restates_unasked() -> None:
    driver = desk()
    order = working(driver)
    driver.fill(order, 4, 99)
    driver.report(order, TYPES.RESTATED, order_quantity_units=8 * SHARE, price_units=98 * DOLLAR, reject_reason=6)
    assert driver.state(order) == "PARTIAL_FILL"
    assert driver.held() == (4, 0, 392)
    driver.report(order, TYPES.RESTATED, order_quantity_units=4 * SHARE)
    assert driver.state(order) == "[FILLED]"
    assert driver.held() == (0, 0, 0)


def test_an_impossible_restatement_changes_nothing() -> None:
    driver = desk()
    order = working(driver)
    before = driver.bytes()
    driver.report(order, TYPES.RESTATED, order_quantity_units=0)
    driver.report(order, TYPES.RESTATED, order_quantity_units=-5)
    driver.report(order, TYPES.RESTATED, order_quantity_units=2**62, price_units=2**62)
    assert driver.bytes() == before
    assert driver.quarantined() == ["ILLEGAL_TRANSITION", "MALFORMED", "OVERFLOW"]


# --- reports that make no sense


def test_a_duplicate_execution_changes_nothing() -> None:
    driver = desk()
    order = working(driver)
    execution = driver.fill(order, 4, 99)
    before = driver.bytes()
    driver.fill(order, 4, 99, execution_id=execution)
    assert driver.bytes() == before
    driver.fill(order, 6, 99)
    driver.fill(order, 6, 99, execution_id=execution)
    assert driver.header["duplicate_count"] == 2
    assert driver.quarantined() == ["DUPLICATE_EXECUTION"] * 2
    assert driver.position()["quantity_units"] == 10 * SHARE


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"last_quantity_units": 51 * SHARE}, "OVERFILL"),
        ({"last_quantity_units": 2**63 - 1}, "OVERFILL"),
        ({"last_quantity_units": 0}, "MALFORMED"),
        ({"last_quantity_units": -SHARE}, "MALFORMED"),
        ({"last_price_units": -(2**63)}, "MALFORMED"),
        ({"fee_money": -(2**63)}, "MALFORMED"),
        ({"execution_id": 0}, "MALFORMED"),
        ({"execution_id": -5}, "MALFORMED"),
        ({"execution_id": 2**60}, "MALFORMED"),
        ({"side": SELL}, "WRONG_SIDE"),
        ({"instrument": 2}, "MALFORMED"),
        ({"instrument": 99}, "UNKNOWN_INSTRUMENT"),
        ({"last_price_units": 2**62, "last_quantity_units": 40 * SHARE}, "OVERFLOW"),
        ({"last_price_units": -(2**62), "last_quantity_units": 40 * SHARE}, "OVERFLOW"),
        ({"fee_money": 2**63 - 1}, "OVERFLOW"),
        ({"client_order_id": 12345}, "UNKNOWN_ORDER"),
        ({"execution_type": 200}, "ILLEGAL_TRANSITION"),
    ],
)
def test_a_fill_that_makes_no_sense_is_set_aside_whole(terms: dict[str, int], reason: str) -> None:
    driver = desk()
    order = working(driver, 50)
    executions = [driver.fill(order, 1, 99) for _ in range(3)]
    before = driver.bytes()
    instrument = terms.get("instrument", 1)
    given = {"last_quantity_units": SHARE, "last_price_units": 99 * DOLLAR, "fee_money": 0, **terms}
    kind = given.pop("execution_type", TYPES.FILL)
    given.pop("instrument", None)
    driver.report(order, kind, instrument, **{"execution_id": 77, **given})
    assert driver.quarantined() == [reason]
    assert driver.bytes() == before
    driver.fill(order, 1, 99, execution_id=executions[0])
    assert driver.quarantined() == ["DUPLICATE_EXECUTION"]
    driver.fill(order, 1, 99, execution_id=77)
    assert driver.position()["quantity_units"] == 4 * SHARE


def test_the_ring_of_executions_forgets_the_oldest_only_for_a_booked_one() -> None:
    driver = desk()
    order = working(driver, 200)
    first = driver.fill(order, 1, 99)
    for _ in range(63):
        driver.fill(order, 1, 99)
    driver.fill(order, 1000, 99)
    driver.fill(order, 1, 99, execution_id=first)
    assert driver.quarantined() == ["OVERFILL", "DUPLICATE_EXECUTION"]
    driver.fill(order, 1, 99)
    assert driver.position()["quantity_units"] == 65 * SHARE


def test_no_report_raises_however_large_the_portfolio() -> None:
    driver = desk(cash=40_000_000_000.0)
    for _ in range(6):
        order = driver.order(BUY, 100_000_000, limit=100)
        driver.fill(order, 100_000_000, 100)
        driver.fill(order, 100_000_000, 100, "1e10", execution_id=1000)
    assert set(driver.quarantined()) <= {"OVERFLOW", "OVERFILL", "UNKNOWN_ORDER"}
    assert driver.balance() > -92_000_000_000
    assert driver.share(1)["cash_money"] < 0


# --- tombstones


def test_a_late_fill_of_a_canceled_order_is_booked_and_audited() -> None:
    driver = desk()
    order = working(driver)
    driver.report(order, TYPES.CANCELED)
    driver.path()
    driver.fill(order, 4, 99, 1)
    assert driver.position()["quantity_units"] == 4 * SHARE
    assert driver.balance() == 1_000_000 - 397
    assert driver.state(order) == "[CANCELED]"
    driver.fill(order, 6, 99)
    assert driver.state(order) == "[FILLED]"
    assert driver.held() == (0, 0, 0)
    assert driver.header["fill_count"] == 2


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"fee_money": -(2**63)}, "MALFORMED"),
        ({"last_quantity_units": 2**63 - 1}, "OVERFILL"),
        ({"last_price_units": 2**62, "last_quantity_units": 40 * SHARE}, "OVERFLOW"),
        ({"side": SELL}, "WRONG_SIDE"),
    ],
)
def test_a_late_fill_that_makes_no_sense_is_set_aside(terms: dict[str, int], reason: str) -> None:
    driver = desk()
    order = working(driver, 50)
    driver.report(order, TYPES.EXPIRED)
    before = driver.bytes()
    driver.fill(order, 4, 99, **terms)
    assert driver.bytes() == before
    assert driver.quarantined() == [reason]


def test_nothing_is_booked_on_an_order_that_was_filled_or_refused() -> None:
    driver = desk()
    order = working(driver)
    driver.fill(order, 10, 99)
    driver.fill(order, 1, 99)
    refused = driver.order(BUY, 1)
    driver.report(refused, TYPES.REJECTED)
    driver.fill(refused, 1, 100)
    assert driver.quarantined() == ["OVERFILL", "ILLEGAL_TRANSITION"]
    assert driver.position()["quantity_units"] == 10 * SHARE


def test_late_words_on_a_tombstone() -> None:
    driver = desk()
    order = working(driver)
    driver.report(order, TYPES.CANCELED)
    before = driver.bytes()
    driver.report(order, TYPES.CANCELED)
    driver.report(order, TYPES.NEW)
    driver.report(order, TYPES.REJECTED, transaction_type=TransactionType.STATUS)
    assert driver.quarantined() == []
    driver.report(order, TYPES.REJECTED)
    assert driver.quarantined() == ["RETIRED_ORDER"]
    assert driver.bytes() == before


def test_the_oldest_tombstone_gives_way_and_its_reports_are_unknown() -> None:
    driver = desk()
    first = working(driver)
    driver.report(first, TYPES.CANCELED)
    for _ in range(64):
        driver.report(driver.order(BUY, 1), TYPES.REJECTED)
    driver.fill(first, 1, 99)
    assert driver.quarantined() == ["UNKNOWN_ORDER"]
    keys = driver.block.rows("order_index")["key"]
    assert (keys != 0).sum() == 64


# --- busts and corrections


def test_a_bust_takes_the_fill_back_and_holds_again() -> None:
    driver = desk()
    order = working(driver)
    first = driver.fill(order, 4, 99, 1)
    driver.fill(order, 3, 99)
    driver.bust(first)
    assert driver.state(order) == "PARTIAL_FILL"
    assert driver.position()["quantity_units"] == 3 * SHARE
    assert driver.balance() == 1_000_000 - 297
    assert driver.position()["fees_money"] == 0
    assert driver.held() == (7, 0, 693)
    (reversal,) = driver.outputs(Kind.FILL_REVERSAL)
    assert (reversal["reference_id"], reversal["quantity_units"]) == (first, 4 * SHARE)
    assert (reversal["fee_money"], reversal["notional_money"]) == (MONEY, 396 * MONEY)


def test_the_last_bust_leaves_an_acknowledged_order() -> None:
    driver = desk()
    order = working(driver)
    driver.bust(driver.fill(order, 4, 99))
    assert driver.state(order) == "ACKNOWLEDGED"
    assert driver.held() == (10, 0, 990)
    assert driver.position()["cost_money"] == 0


def test_a_bust_that_leaves_nothing_open_closes() -> None:
    driver = desk()
    order = working(driver)
    driver.bust(driver.fill(order, 4, 99), leaves_quantity_units=0)
    assert driver.state(order) == "[CANCELED]"
    assert driver.held() == (0, 0, 0)


def test_a_repeat_of_a_busted_fill_is_a_duplicate_for_ever() -> None:
    driver = desk()
    order = working(driver)
    first = driver.fill(order, 4, 99)
    driver.bust(first)
    before = driver.bytes()
    driver.fill(order, 4, 99, execution_id=first)
    driver.bust(first, execution_id=driver.executions - 1)
    driver.bust(first)
    driver.bust(555)
    driver.bust(first, execution_id=0)
    assert driver.quarantined() == [
        "DUPLICATE_EXECUTION",
        "DUPLICATE_EXECUTION",
        "UNKNOWN_REFERENCE",
        "UNKNOWN_REFERENCE",
        "MALFORMED",
    ]
    assert driver.bytes() == before


def test_a_bust_after_the_end_changes_the_tombstone() -> None:
    driver = desk()
    order = working(driver)
    first = driver.fill(order, 10, 99)
    driver.bust(first)
    assert driver.state(order) == "[CANCELED]"
    assert driver.position()["quantity_units"] == 0
    assert driver.balance() == 1_000_000
    driver.fill(order, 10, 99)
    assert driver.state(order) == "[FILLED]"


def test_a_bust_of_a_filled_order_that_waits_opens_it_again() -> None:
    driver = desk()
    order = working(driver)
    driver.do(CANCEL, 1, order)
    first = driver.fill(order, 10, 99)
    driver.bust(first)
    assert driver.state(order) == "ACKNOWLEDGED+PENDING_CANCEL"
    assert driver.held() == (10, 0, 990)
    assert counts(driver) == (1, 1, 1)


def test_a_correction_books_the_new_terms() -> None:
    driver = desk()
    order = working(driver)
    first = driver.fill(order, 4, 99, 1)
    second = driver.correct(first, 6, 98, 2)
    assert driver.state(order) == "PARTIAL_FILL"
    assert driver.position()["quantity_units"] == 6 * SHARE
    assert driver.balance() == 1_000_000 - 6 * 98 - 2
    assert driver.held() == (4, 0, 396)
    assert driver.header["fill_count"] == 2
    driver.correct(second, 10, 98)
    assert driver.state(order) == "[FILLED]"
    assert driver.held() == (0, 0, 0)
    assert driver.position()["fees_money"] == 0


def test_a_correction_of_a_retired_order() -> None:
    driver = desk()
    order = working(driver)
    first = driver.fill(order, 10, 99)
    driver.correct(first, 8, 99)
    assert driver.position()["quantity_units"] == 8 * SHARE
    assert driver.state(order) == "[CANCELED]"
    row = driver.find(order)
    assert row is not None
    assert row["filled_units"] == 8 * SHARE


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"last_quantity_units": 51 * SHARE}, "OVERFILL"),
        ({"last_quantity_units": 0}, "MALFORMED"),
        ({"fee_money": -(2**63)}, "MALFORMED"),
        ({"last_price_units": 2**62, "last_quantity_units": 40 * SHARE}, "OVERFLOW"),
        ({"side": SELL}, "WRONG_SIDE"),
        ({"instrument": 2}, "MALFORMED"),
        ({"reference_id": 4242}, "UNKNOWN_REFERENCE"),
    ],
)
def test_a_correction_that_makes_no_sense_changes_nothing(terms: dict[str, int], reason: str) -> None:
    driver = desk()
    order = working(driver, 50)
    first = driver.fill(order, 4, 99)
    before = driver.bytes()
    given = {"last_quantity_units": SHARE, "last_price_units": 99 * DOLLAR, "fee_money": 0, "reference_id": first}
    given.update(terms)
    instrument = given.pop("instrument", 1)
    driver.report(order, TYPES.FILL, instrument, **{**given, "transaction_type": TransactionType.CORRECT})
    assert driver.quarantined() == [reason]
    assert driver.bytes() == before


# --- doubt


@pytest.mark.parametrize(
    ("status", "filled", "state"),
    [
        (OrderStatus.NEW, 0, "ACKNOWLEDGED"),
        (OrderStatus.PENDING_NEW, 0, "PENDING_NEW"),
        (OrderStatus.PARTIAL_FILL, 4, "PARTIAL_FILL"),
        (OrderStatus.SUSPENDED, 4, "SUSPENDED"),
        (OrderStatus.DONE_FOR_DAY, 0, "DONE_FOR_DAY"),
        (OrderStatus.CANCELED, 4, "[CANCELED]"),
        (OrderStatus.REJECTED, 0, "[REJECTED]"),
        (OrderStatus.EXPIRED, 0, "[EXPIRED]"),
        (OrderStatus.FILLED, 10, "[FILLED]"),
    ],
)
def test_a_status_report_resolves_a_doubt(status: OrderStatus, filled: int, state: str) -> None:
    driver = desk()
    order = working(driver)
    if 0 < filled < 10:
        driver.fill(order, filled, 99)
    assert driver.do(DOUBT, order) == 1
    assert driver.held()[0] == (10 - filled if filled < 10 else 10)
    terms = {"transaction_type": TransactionType.STATUS, "order_status": status}
    driver.report(order, 0, cumulative_quantity_units=7 * SHARE, **terms)
    assert driver.quarantined() == ["QUANTITIES_DISAGREE"]
    if filled == 10:
        driver.fill(order, 10, 99)
    else:
        driver.report(order, 0, cumulative_quantity_units=filled * SHARE, **terms)
    assert driver.state(order) == state
    assert driver.held()[0] == (0 if state.startswith("[") else 10 - filled)


def test_a_status_report_on_what_is_not_in_doubt_changes_nothing() -> None:
    driver = desk()
    order = working(driver)
    before = driver.bytes()
    driver.report(order, 0, transaction_type=TransactionType.STATUS, order_status=OrderStatus.CANCELED)
    assert driver.bytes() == before
    assert driver.quarantined() == []


def test_a_fill_ends_a_doubt_and_a_doubtful_order_can_be_canceled() -> None:
    driver = desk()
    order = working(driver)
    driver.do(DOUBT, order)
    driver.fill(order, 4, 99)
    assert driver.state(order) == "PARTIAL_FILL"
    driver.do(DOUBT, order)
    driver.do(CANCEL, 1, order)
    assert driver.state(order) == "IN_DOUBT+PENDING_CANCEL"
    driver.report(order, TYPES.CANCELED)
    assert driver.state(order) == "[CANCELED]"


# --- quantities that the fill resolves


def test_a_weight_is_estimated_held_and_resolved_by_the_venue() -> None:
    driver = desk(cash=10_000.0)
    order = driver.order(BUY, 0.5, kind=QuantityKind.WEIGHT)
    assert driver.held() == (50, 0, 5000)
    driver.fill(order, 20, 101, order_quantity_units=49 * SHARE)
    assert driver.state(order) == "PARTIAL_FILL"
    assert driver.held() == (29, 0, 2900)
    driver.fill(order, 29, 101, order_quantity_units=49 * SHARE)
    assert driver.state(order) == "[FILLED]"
    assert driver.held() == (0, 0, 0)


def test_a_resolution_of_a_report_set_aside_is_not_taken_over() -> None:
    driver = desk(cash=10_000.0)
    order = driver.order(BUY, 0.5, kind=QuantityKind.WEIGHT)
    before = driver.bytes()
    driver.fill(order, 60, 101, order_quantity_units=49 * SHARE)
    assert driver.bytes() == before
    driver.report(order, TYPES.NEW, order_quantity_units=40 * SHARE)
    assert driver.held() == (40, 0, 4000)


def test_a_refused_target_stands() -> None:
    driver = desk()
    order = driver.do(TARGET, 1, 1, QuantityKind.UNITS, 0, x=10.0)
    driver.report(order, TYPES.REJECTED)
    assert driver.do(TARGET, 1, 1, QuantityKind.UNITS, 0, x=10.0) == 0


def test_a_target_is_asked_once_and_again_after_the_venue_cancelled_it() -> None:
    driver = desk()
    order = driver.do(TARGET, 1, 1, QuantityKind.UNITS, 0, x=10.0)
    assert order > 0
    assert driver.do(TARGET, 1, 1, QuantityKind.UNITS, 0, x=10.0) == 0
    driver.report(order, TYPES.CANCELED)
    again = driver.do(TARGET, 1, 1, QuantityKind.UNITS, 0, x=10.0)
    assert again > order
    driver.fill(again, 10, 100)
    assert driver.do(TARGET, 1, 1, QuantityKind.UNITS, 0, x=10.0) == 0


# --- capacity


def test_a_full_table_of_orders_is_a_defined_answer() -> None:
    small = Capacities(orders=2, tombstones=4, executions=4, timers=4, notices=16, commands=16, outputs=512)
    driver = desk(setup={"capacities": small})
    first, second = driver.order(BUY, 1), driver.order(BUY, 1)
    refused = driver.order(BUY, 1)
    assert refused > second
    assert counts(driver) == (2, 2, 2)
    driver.report(first, TYPES.REJECTED)
    third = driver.order(BUY, 1)
    assert third > refused
    assert counts(driver) == (2, 2, 2)


def test_cancel_all_stops_where_commands_have_no_room() -> None:
    small = Capacities(orders=32, tombstones=4, executions=4, timers=4, notices=64, commands=1, outputs=2048)
    driver = desk(setup={"capacities": small})
    room = driver.block.capacity("commands")
    orders = [working(driver) for _ in range(room + 3)]
    assert driver.do(CANCEL_ALL, 1, 1) == room
    assert len(driver.commands()) == room
    assert driver.do(CANCEL_ALL, 1, 1) == 3
    assert {driver.state(order) for order in orders} == {"ACKNOWLEDGED+PENDING_CANCEL"}
