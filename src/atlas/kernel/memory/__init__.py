"""The ground the kernel stands on: one block of memory, and typed views of addresses in it.

Here live the compilation of kernel functions, intrinsics, blocks and their tables, pools, hash maps, heaps, rings,
keyed random numbers, exact arithmetic, own mathematics, snapshots and fingerprints. Nothing here knows an order.
"""
