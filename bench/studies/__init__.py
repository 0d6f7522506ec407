"""The studies: one file a question, and a registry of one line each."""
