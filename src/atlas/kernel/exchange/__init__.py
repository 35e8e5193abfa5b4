"""The venue's state machine: it takes orders and finished bars, and answers with reports.

Here live acceptance, the queue of each instrument, fills at a bar's price points, fees, expiry and splits, in one block
a venue. It knows no strategy, no portfolio and no risk: those live in `atlas.kernel.trader`, and the two may not import
one another. Nothing here reads files, clocks or settings.

How a bar is played
-------------------
For each bar, the driver calls `exchange_open_point` at the bar's start, `exchange_path_point` at its middle and
`exchange_close_point` at its end, and between them `exchange_accept` for each command at the time it arrives.
Commands that arrive at the time of a point come before it. Before each point, orders whose quantity is resolved at the
fill are given one:

    slot, price_units = exchange_unresolved(venue, bar_address, OPEN_POINT, time_ns)
    while slot >= 0:
        exchange_assign_quantity(venue, slot, quantity_at(price_units), time_ns)
        slot, price_units = exchange_unresolved(venue, bar_address, OPEN_POINT, time_ns)
    exchange_open_point(venue, bar_address, time_ns)

Reports stand in a ring, from `reports_read` to `reports_written` of the venue's row, at their count modulo its
capacity; the driver reads each before the ring is full. Whenever none waits, the venue moves both counts on to the
ring's start. An instrument for which `exchange_is_idle` holds needs no points; `exchange_mark` then keeps its reference
price fresh.
"""
