"""Measurements of Atlas and its peers. Nothing here is imported by `atlas`, and no test depends on a figure."""
