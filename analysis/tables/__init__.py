"""The tables of the page, a file each."""
