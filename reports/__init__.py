"""What is read: pages, prose in one catalogue per language, citing, HTML."""
