"""Notebooks of `examples/`: executed by a kernel of their own, and made ready to be committed.

`python -m tests.support.notebooks` executes them and writes their outputs.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
MINUTES = 10


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def executed(path: Path, folder: Path) -> nbformat.NotebookNode:
    """Return the notebook with its outputs; the kernel works in `folder`, with this checkout.

    Raises nbclient.exceptions.CellExecutionError where a cell fails.
    """
    notebook = read(path)
    client = NotebookClient(
        notebook, timeout=60 * MINUTES, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env=os.environ | {"PYTHONPATH": str(ROOT)})
    return notebook


def tidied(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return it as it is committed: no times, no versions of a machine, and no drawing twice."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {}
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if "text/html" in data:  # has the drawing too
                data.pop("image/svg+xml", None)
    return notebook


if __name__ == "__main__":
    for path in NOTEBOOKS:
        with tempfile.TemporaryDirectory() as folder:
            nbformat.write(tidied(executed(path, Path(folder))), path)
