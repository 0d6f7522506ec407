"""The cells: a file each with its formulas, their derivatives, its meaning and its sources."""
