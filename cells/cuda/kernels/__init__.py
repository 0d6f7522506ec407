"""What numba compiles for the GPU, a maker each; whoever runs ready machine code imports none of it."""
