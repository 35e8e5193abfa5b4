"""The trading state machine: orders, risk, portfolio, timers, bars, and the step that runs strategies over events.

It takes records (market data, reports, timers, operator words) and emits commands and outputs. It knows no venue's
rules and no matching; those live in `atlas.kernel.exchange`. The two may not import one another.
"""
