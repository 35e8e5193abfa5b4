"""Slow, obvious twins of what is fast, for tests to compare with. Nothing here is imported by `atlas`."""
