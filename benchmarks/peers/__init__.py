"""One script a peer: the same strategy on the same bars, run inside that peer's own environment.

Each script imports NumPy, `benchmarks.bars`, `benchmarks.peers.measure` and its peer, nothing else: Atlas and its
libraries are not installed there.
"""
