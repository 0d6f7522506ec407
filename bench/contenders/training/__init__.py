"""Who trains: this suite and PyTorch, on the same network, the same batches and the same rule of update."""
