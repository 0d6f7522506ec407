"""Products over all steps, and the gradients that are such products."""
