"""What the gradient does on its way back: its profile, step Jacobians, Lyapunov exponents."""
