"""CPU kernels: the register tile, packed products, the time loop in both directions, threads, the disk cache."""
