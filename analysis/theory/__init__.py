"""What theory foretells, in closed form or by iteration."""
