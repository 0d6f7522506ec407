"""Questions of one's own: rows of an experiment to its figure, its table, and the numbers of its finding.

`asked` chooses the rows and puts everything together, `levels` says what varies, `readings` turns rows into one value
for each line or point, `placing` decides what stands where, `quoting` what is quoted, `drawing` draws.
"""
