"""Kernels for NVIDIA GPUs (numba.cuda): the twin of `cells.cpu`."""
