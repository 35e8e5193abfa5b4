"""
Real market data that comes with Atlas, so that the first run needs no download.

Here live compact Parquet files, their provenance and licence, and the table that describes them. Here does not live
anything that may not be redistributed.
"""

from .catalogue import ShippedData, load_shipped, shipped_data

__all__ = ["ShippedData", "load_shipped", "shipped_data"]
