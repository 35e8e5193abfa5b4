"""The design held by tests: arrows, banned names, lengths, docstrings, exports. No behaviour is tested here."""
