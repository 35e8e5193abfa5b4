"""Gateways: one folder a venue, each a codec without sockets and a session without parsing.

What may live here: turning a venue's words into records and commands into its words. What may not: decisions, state of
orders and money, the journal; a gateway forgets everything when it ends, and says so by asking the venue again.
"""
