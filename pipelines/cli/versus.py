"""`b24 bench --vs`: compares readers, tells who wins where, and writes it down."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.cli import tables
from pipelines.cli.choices import Subject
from pipelines.errors import UsageError

if TYPE_CHECKING:
    from pipelines.bench_vs import Scene
    from pipelines.cli.progress import Narrator


@dataclass(frozen=True)
class Asked:
    """What was typed: `sizes` are numbers of deals with commas between, `output` the page to write."""

    sizes: str
    rate: float
    bucket: int
    cost: bool
    max_minutes: float
    operating_limit: float
    output: Path | None

    @property
    def command(self) -> str:
        """How it is typed, without the place of the page."""
        words = [f"--sizes {','.join(str(size) for size in sizes_of(self.sizes))}"]
        words += ["--cost"] * self.cost
        words += [f"--rate {self.rate:g}"] * (self.rate != 2)  # noqa: PLR2004 - the default
        words += [f"--bucket {self.bucket}"] * (self.bucket != 50)  # noqa: PLR2004 - likewise
        words += [f"--operating-limit {self.operating_limit:g}"] * (self.operating_limit != 480)  # noqa: PLR2004
        words += [f"--max-minutes {self.max_minutes:g}"] * (self.max_minutes != 15)  # noqa: PLR2004
        return " ".join(["b24 bench --vs", *words])


def compare(subject: Subject, asked: Asked, narrator: "Narrator") -> tuple["Scene", ...]:
    """Let all readers read; with `cost` once where calls cost nothing, and once where they take their time.

    The page is written anew with every scene: of hours that were broken off it shows what there was.

    Raises:
        UsageError: the sizes are no numbers, or something else than deals is to be read.
        PipelineError: a portal does not start.
    """
    from pipelines.bench_vs import Versus, measure_vs  # noqa: PLC0415 - as all commands
    from pipelines.bench_vs_process import Allowed  # noqa: PLC0415
    from pipelines.bench_vs_report import page, surroundings  # noqa: PLC0415

    if subject is not Subject.DEALS:
        raise UsageError(f"--vs compares readers of deals; `b24 bench {subject}` has nothing to compare")
    costs = (False, True) if asked.cost else (False,)
    allowed = Allowed(asked.rate, asked.bucket, asked.operating_limit)
    wanted = Versus(sizes_of(asked.sizes), costs, allowed, asked.max_minutes)
    scenes: list[Scene] = []
    found = surroundings()
    for scene in measure_vs(wanted, narrator.step):
        scenes.append(scene)
        if asked.output is not None:
            asked.output.parent.mkdir(parents=True, exist_ok=True)
            asked.output.write_text(page(scenes, asked.command, found), encoding="utf-8")
    return tuple(scenes)


def sizes_of(text: str) -> tuple[int, ...]:
    """Numbers of deals with commas between.

    Raises:
        UsageError: they are none.
    """
    sizes = tuple(int(part) for part in text.split(",") if part.strip().isdecimal())
    if len(sizes) != len(text.split(",")) or min(sizes) < 1:
        raise UsageError(f"--sizes {text}: write numbers of deals, such as 10000,100000")
    return sizes


def tell(scenes: Sequence["Scene"], asked: Asked) -> None:
    """Print a table a scene, and who wins where."""
    from pipelines.bench_vs_report import COLUMNS, NUMBERS, cells, remarks, title  # noqa: PLC0415

    console = tables.stdout()
    for scene in scenes:
        made = tables.table(*COLUMNS, numbers=NUMBERS)
        for line in scene.lines:
            made.add_row(*cells(line, cost=scene.cost))
        console.print(title(scene), style="bold")
        console.print(made)
        for remark in remarks(scene):
            console.print(f"- {remark.replace('**', '')}")
        console.print()
    if asked.output is not None:
        console.print(f"Written: {asked.output}")
