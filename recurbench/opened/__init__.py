"""A run, opened: its rows, figures, tables and verdicts as values that show themselves in a notebook."""
