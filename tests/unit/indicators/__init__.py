"""Tests of the functions over whole series."""
