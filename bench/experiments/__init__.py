"""Questions of one's own: an experiment is a study that is put together at run time from a measure and its axes."""
