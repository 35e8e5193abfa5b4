"""Tests of Atlas; their folders mirror src/atlas."""
