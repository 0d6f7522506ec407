"""Peers: other libraries that do the same work, each in a process of its own.

In one process, PyTorch's and our threads would wait for each other's cores in busy loops (measured: medians stuck
at a scheduler tick). A peer's process is given arrays once, then told how many calls to time; its clock runs there.
"""
