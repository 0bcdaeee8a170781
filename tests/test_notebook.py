"""The notebook of the guide runs, and what it shows is what it is about: an image, tables, a plot."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from nbclient import NotebookClient

from tests.support.made_once import made_once

pytestmark = [pytest.mark.process, pytest.mark.slow]

NOTEBOOK = Path(__file__).resolve().parent.parent / "docs" / "guide" / "notebook.ipynb"


nbformat: Any = import_module("nbformat")  # it has no types


def read_notebook(path: Path = NOTEBOOK) -> Any:
    return nbformat.read(path, as_version=4)


def shown(cell: Any) -> set[str]:
    """The kinds of everything that a cell of code shows, such as text/html."""
    return {kind for output in cell.outputs for kind in output.get("data", {output.get("name"): ""})}


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The notebook after a run of all its cells, in a folder without anything else."""

    def execute(folder: Path) -> None:
        notebook = read_notebook()
        NotebookClient(notebook, timeout=100, resources={"metadata": {"path": str(folder)}}).execute()
        nbformat.write(notebook, folder / "executed.ipynb")

    folder = made_once(tmp_path_factory, "notebook", execute)
    return read_notebook(folder / "executed.ipynb")


def test_the_notebook_shows_an_image_tables_and_a_plot(executed: Any) -> None:
    kinds = [shown(cell) for cell in code_cells(executed)]
    assert sum("text/html" in kind for kind in kinds) == 3, "tables"
    assert sum("image/png" in kind for kind in kinds) == 3, "people, people in another style, and the plot"
    assert not any("stderr" in kind for kind in kinds), "no warning"


def test_the_plot_is_about_the_three_people_of_the_clip(executed: Any) -> None:
    *_, table, plot = code_cells(executed)
    assert "image/png" in shown(plot)
    assert table.outputs[0]["data"]["text/plain"].splitlines()[0].split()[1:] == ["1", "2", "3"]


def test_the_notebook_is_kept_with_what_it_shows(executed: Any) -> None:
    """A reader of the repository sees the results without a run; they are those of a run."""
    kept = code_cells(read_notebook())
    assert [shown(cell) for cell in kept] == [shown(cell) for cell in code_cells(executed)]
    assert NOTEBOOK.stat().st_size < 1_000_000
