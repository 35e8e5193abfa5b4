"""Market feeds as vendors and venues store them, read into records: one module a format.

What lives here turns files into records of 64 bytes and says what was wrong with them. Books are kept elsewhere;
nothing here connects to anything.
"""
