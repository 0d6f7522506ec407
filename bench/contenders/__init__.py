"""Who is timed: this suite's layers and other libraries, ready to run a case."""
