"""The commands, a file each: `TEXT` is its help, `add_arguments` its options, `run` what it does."""
