"""Order books of levels and orders, in a block of their own with pools that all books share.

What lives here keeps a book and measures it: price levels, queues of orders, orders by id, walks, sequence checks.
What may not live here: whose orders match, and when, which `exchange` decides; what a strategy sees of a book, which is
`trader`'s.
"""
