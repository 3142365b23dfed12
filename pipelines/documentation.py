"""The documentation of the tables as a page: dbt's own site, of what stands in a file."""

import shutil
from pathlib import Path

from pipelines.custom_models import CustomModels
from pipelines.dbt_project import PROJECT, write_docs
from pipelines.dbt_results import ProjectError
from pipelines.errors import PipelineError
from pipelines.places import places_of
from pipelines.refresh import custom_folder
from pipelines.settings import Settings


def docs(db: str | Path = "warehouse.duckdb", output: str | Path = "warehouse-docs") -> Path:
    """Write one page with every table, its columns, its SQL and what it is made of; it is read offline.

    Returns:
        The page.

    Raises:
        PipelineError: there is no such file, or dbt could not read it or the project.
    """
    places, folder = places_of(db), Path(output)
    if not places.db.exists():
        raise PipelineError(f"{places.db} does not exist yet: `b24 sync --db {places.db}` makes it")
    custom = custom_folder(Settings.load())
    target = places.dbt / "docs"
    try:
        project = CustomModels(custom, target / "project").project() if custom else PROJECT
        made = write_docs(places.db, target, project=project)
        page = made.read_text(encoding="utf-8").replace(str(target), "target")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "index.html").write_text(page, encoding="utf-8")
    except ProjectError as error:
        raise PipelineError(f"The documentation was not written: {error}") from None
    finally:
        shutil.rmtree(target, ignore_errors=True)
    return folder / "index.html"
