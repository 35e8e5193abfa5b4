"""Everything compiled and deterministic: memory, indicators, trader, exchange, and the loop that joins them.

What lives here has no I/O, no wall clock, no randomness but the keyed generator and no allocation per event. It imports
`atlas.records`, NumPy and Numba, and knows strategies only as function addresses. Files, sockets, clocks and
configuration documents may not appear here.
"""
