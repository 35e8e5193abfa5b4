"""Order books of levels and orders, in a block of their own with pools that all books share.

What lives here keeps a book and measures it: price levels, queues of orders, orders by id, walks, sequence checks.
Whose orders match, and when, is decided in `exchange`; what a strategy sees of a book is `trader`'s.
"""
