"""Rows on their way into a store."""


def add(store, environment, case, rows, block=0, version="v1"):
    with store.writing() as writer, writer.run(environment) as run:
        run.add(case, block, rows, version)
