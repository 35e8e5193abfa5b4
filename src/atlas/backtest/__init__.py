"""Runs trader and exchange over history, and the result that a user gets.

Here live the host's side of a backtest: sizes, blocks, the loop around the compiled loop, the run folder. No trading
logic: that is the kernel's. No live trading: `atlas.live` shares the kernel with this room and nothing more.
"""
