"""What is measured: cases, studies, timing, gradient flow, peers, the run and the store."""
