"""The studies: a question each, and the cases that answer it."""
