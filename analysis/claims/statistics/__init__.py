"""The statistics that decide claims, by question."""
