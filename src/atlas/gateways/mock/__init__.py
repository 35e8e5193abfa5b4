"""A scripted venue in a process of its own: delays, duplicates, lost answers and rejections, step by step.

What may live here: the script, the venue that plays it, its wire and its client. It serves tests and demonstrations of
recovery; it models no market, and nothing here may be used to judge a strategy.
"""

from atlas.gateways.mock.script import Behaviour, Script
from atlas.gateways.mock.session import MockSession
from atlas.gateways.mock.venue import run_venue

__all__ = ["Behaviour", "MockSession", "Script", "run_venue"]
