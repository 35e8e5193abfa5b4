"""A venue that reports nothing late, twice or back leaves nothing behind of what ended, and everything else alike."""

from __future__ import annotations

from atlas.records.enums import ExecutionType
from tests.unit.kernel.trader.driver import BUY, Driver


def traded(exact: bool) -> Driver:
    """A filled order, a cancelled one, and a late fill of the first."""
    driver = Driver(setup={"exact_venue": exact})
    driver.bar(100)
    filled, canceled = driver.order(BUY, 10, limit=99), driver.order(BUY, 5, limit=98)
    for order in (filled, canceled):
        driver.report(order, ExecutionType.NEW, venue_order_id=7)
    driver.fill(filled, 10, 99)
    driver.report(canceled, ExecutionType.CANCELED)
    driver.fill(filled, 1, 99)
    return driver


def test_it_books_the_same_and_keeps_nothing() -> None:
    kept, exact = traded(exact=False), traded(exact=True)
    assert exact.position().tobytes() == kept.position().tobytes()
    assert exact.balance() == kept.balance() == 1_000_000 - 990
    assert (kept.quarantined(), exact.quarantined()) == (["OVERFILL"], ["UNKNOWN_ORDER"])
    assert kept.block.rows("tombstones")["client_order_id"].any()
    for name, column in (("tombstones", "client_order_id"), ("order_index", "key"), ("execution_index", "key")):
        assert not exact.block.rows(name)[column].any()
