"""Executes the notebooks of run folders from top to bottom: notebooks.py TARGET FOLDER…

Fails on any error, on a cell that warns, and on a notebook that shows less than it should. Executed copies are left in TARGET.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

# Outputs that any run has: sentences and the table of expectations or functions.
LEAST_OUTPUTS = 8


def execute(folder, target):
    """What is wrong with one notebook."""
    notebook = nbformat.read(folder / 'notebook.ipynb', as_version=4)
    nbformat.validate(notebook)
    client = NotebookClient(notebook, timeout=300, resources={'metadata': {'path': str(folder)}})
    try:
        client.execute()
    except CellExecutionError as error:
        return [str(error)]
    finally:
        nbformat.write(notebook, target / f'{folder.name}.ipynb')
    outputs = [output for cell in notebook.cells for output in cell.get('outputs', [])]
    wrong = [output.text for output in outputs if output.output_type == 'stream' and output.name == 'stderr']
    if len(outputs) < LEAST_OUTPUTS:
        wrong.append(f'only {len(outputs)} outputs')
    pictures = sum('image/png' in output.get('data', {}) for output in outputs)
    print(f'{folder.name}: {len(outputs)} outputs, {pictures} charts')
    return wrong


def main():
    target, *folders = map(Path, sys.argv[1:])
    target.mkdir(parents=True, exist_ok=True)
    wrong = [f'{folder.name}: {problem}' for folder in folders for problem in execute(folder, target)]
    sys.exit('\n'.join(wrong) or None)


main()
