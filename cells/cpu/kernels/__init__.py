"""What numba compiles for the CPU."""
