"""Tests of the analytics room."""
