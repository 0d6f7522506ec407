"""Rows in, one quantity out: tidy frames that figures, tables and claims share."""
