"""How every figure is drawn: styles, axes, sweeps."""
