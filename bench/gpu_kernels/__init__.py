"""CUDA kernels for a GPU elsewhere: compiled ahead, and their costs fitted to measured rows."""
