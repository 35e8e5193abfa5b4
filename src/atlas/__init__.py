"""Atlas: research, backtest, validate, paper-trade and trade live with one strategy class and one deterministic engine.

What may live here: the version and lazy re-exports of the public names. What may not: code, and imports that cost
time (Numba, pandas, DuckDB); `import atlas` stays instant.
"""

__version__ = "0.1.0"

__all__: list[str] = []
