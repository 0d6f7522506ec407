"""A run: its plan, its runner, its store, the machine it runs on."""
