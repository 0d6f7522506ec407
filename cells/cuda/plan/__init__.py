"""Which kernel a pass takes: how one is cut, what each costs by estimate, the rule that chooses."""
