"""The tasks that networks are trained for: a file each."""
