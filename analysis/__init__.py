"""What the rows mean: statistics, fits, theory, claims and findings, figures, tables."""
