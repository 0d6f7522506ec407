"""Intervals, paired ratios, fits."""
