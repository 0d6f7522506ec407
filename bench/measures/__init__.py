"""The measures: what turns a case into rows."""
