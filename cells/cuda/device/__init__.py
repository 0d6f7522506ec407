"""What touches a driver or a compiler: the GPU's facts, memory, launches, machine code."""
