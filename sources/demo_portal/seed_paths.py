"""The way of each deal through its pipeline: which stages it visited when, as history keeps it."""
# ruff: noqa: PLR2004  texts in two scripts; shares of demo data are plain numbers

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .seed_dictionaries import DELETED_STAGE, PIPELINES, Stage, stages_of
from .zone import DAY

Ints = npt.NDArray[np.int64]
CREATED, MOVED, FINAL, PIPELINE = 1, 2, 3, 5
_WON, _STUCK = 0.36, 0.80  # shares up to which deals are won, then lost, then never finished
_SKIP = 0.15
_MEAN_DAYS = (2.0, 6.0, 9.0, 7.0, 5.0, 4.0)

STAGES: tuple[Stage, ...] = (
    *(stage for number, _, _ in PIPELINES for stage in stages_of(number)),
    Stage(DELETED_STAGE, 3, "P", 2),
)
_PLACES = {(stage.category, stage.place): index for index, stage in enumerate(STAGES[:-1])}
CATEGORIES = tuple(number for number, _, _ in PIPELINES)
_OPEN_STAGES = {n: sum(stage.semantic == "P" for stage in stages_of(n)) for n in CATEGORIES}


@dataclass(frozen=True)
class Paths:
    """All visits, in the order of their time; `owner` is the position of the deal."""

    owner: Ints
    time: Ints
    stage: Ints  # index into STAGES
    category: Ints
    type: Ints

    def last_of(self, deals: int) -> Ints:
        """Give for each deal the index of its last visit."""
        last = np.zeros(deals, dtype=np.int64)
        last[self.owner] = np.arange(len(self.owner))  # later visits overwrite earlier ones
        return last


def creation_times(rng: np.random.Generator, rows: int, epoch: int, days: int) -> Ints:
    """Spread moments over the days before the epoch: growing, seasonal, in office hours, few at week-ends."""
    day = np.arange(days)
    weekday = (epoch // DAY - days + day + 3) % 7
    weight = (1 + 0.6 * day / days) * (1 + 0.2 * np.sin(day / 58)) * np.where(weekday > 4, 0.1, 1.0)
    chosen = rng.choice(days, size=rows, p=weight / weight.sum())
    clock = np.clip(rng.normal(12.5 * 3600, 2.5 * 3600, rows), 5 * 3600, 22 * 3600).astype(np.int64)
    return np.sort((epoch // DAY - days + chosen) * DAY + clock)


def walk(rng: np.random.Generator, created: Ints, epoch: int) -> Paths:
    """Send each deal through its pipeline until it is finished or the epoch is reached."""
    rows = len(created)
    which = rng.choice(len(CATEGORIES), size=rows, p=(0.45, 0.25, 0.2, 0.1))
    category = np.array(CATEGORIES)[which]
    steps = np.array([_OPEN_STAGES[number] for number in CATEGORIES])[which]
    fate = rng.random(rows)
    depth = np.where(fate < _WON, steps - 1, np.minimum(rng.geometric(0.35, rows) - 1, steps - 1))
    first = np.where(rng.random(rows) < 0.05, np.minimum(1, depth), 0)
    visits: list[tuple[Ints, Ints, Ints, Ints]] = []
    at = created.copy()
    alive = rng.random(rows) > 0.02  # the rest was entered as already finished
    for step in range(max(_OPEN_STAGES.values())):
        here = alive & (step <= depth) & (step >= first)
        here &= (step == depth) | (step == first) | (rng.random(rows) > _SKIP)
        here &= at < epoch
        owner = np.flatnonzero(here)
        visits.append(
            (owner, at[owner], _stage_codes(category[owner], np.full(len(owner), step)), category[owner])
        )
        stay = rng.lognormal(np.log(_MEAN_DAYS[step] * DAY * 0.6), 1.0, rows).astype(np.int64) + 60
        at = np.where(here, at + stay, at)
    visits.extend(_finish(rng, at, category, steps, np.where(alive, fate, fate * _STUCK), epoch))
    changed = _change_pipeline(rng, visits[0], at, epoch)
    left = np.full(rows, np.iinfo(np.int64).max)
    left[changed[0]] = changed[1]
    kept = [tuple(part[visit[1] < left[visit[0]]] for part in visit) for visit in visits]
    return _in_order([*kept, changed])


def _stage_codes(category: Ints, place: Ints) -> Ints:
    table = np.zeros((max(CATEGORIES) + 1, 10), dtype=np.int64)
    for (number, index), code in _PLACES.items():
        table[number, index] = code
    return table[category, place]


def _finish(
    rng: np.random.Generator, at: Ints, category: Ints, steps: Ints, fate: npt.NDArray[np.float64], epoch: int
) -> list[tuple[Ints, Ints, Ints, Ints]]:
    lost = np.where(rng.random(len(at)) < 0.15, steps + 2, steps + 1)
    final = np.where(fate < _WON, steps, lost)
    done = (fate < _STUCK) & (at < epoch)
    # a reopened deal: the row after a final row deletes the final row
    reopened = done & (rng.random(len(at)) < 0.02)
    owner = np.flatnonzero(done & ~reopened)
    visits = [(owner, at[owner], _stage_codes(category[owner], final[owner]), category[owner])]
    owner = np.flatnonzero(reopened)
    back = np.minimum(at[owner] + rng.integers(1, 20, len(owner)) * DAY, epoch - 60)
    place = rng.integers(0, 3, len(owner))
    visits.append((owner, back, _stage_codes(category[owner], place), category[owner]))
    return visits


def _change_pipeline(
    rng: np.random.Generator, entered: tuple[Ints, Ints, Ints, Ints], ends: Ints, epoch: int
) -> tuple[Ints, Ints, Ints, Ints]:
    owner, time, _, category = entered
    moved = time + rng.integers(1, 30, len(owner)) * DAY
    chosen = (moved < np.minimum(ends[owner], epoch)) & (rng.random(len(owner)) < 0.02)
    target = np.where(category[chosen] == 0, 1, 0)
    first = _stage_codes(target, np.zeros(len(target), dtype=np.int64))
    return owner[chosen], moved[chosen], first, target


def _in_order(visits: Sequence[tuple[Ints, ...]]) -> Paths:
    owner, time, stage, category = (np.concatenate(parts) for parts in zip(*visits, strict=True))
    order = np.lexsort((owner, time))
    owner, time, stage, category = owner[order], time[order], stage[order], category[order]
    by_owner = np.lexsort((np.arange(len(owner)), owner))
    first = np.ones(len(owner), dtype=bool)
    first[1:] = owner[by_owner][1:] != owner[by_owner][:-1]
    changed = np.zeros(len(owner), dtype=bool)
    changed[1:] = ~first[1:] & (category[by_owner][1:] != category[by_owner][:-1])
    kind = np.empty(len(owner), dtype=np.int64)
    final = np.array([item.semantic != "P" for item in STAGES])[stage[by_owner]]
    kind[by_owner] = np.where(final, FINAL, np.where(first, CREATED, np.where(changed, PIPELINE, MOVED)))
    return Paths(owner, time, stage, category, kind)


def forget_stage(rng: np.random.Generator, paths: Paths) -> Paths:
    """Let some visits be of a stage that was deleted since."""
    victim = _PLACES[(3, 2)]
    gone = (paths.stage == victim) & (rng.random(len(paths.stage)) < 0.25)
    return Paths(
        paths.owner, paths.time, np.where(gone, len(STAGES) - 1, paths.stage), paths.category, paths.type
    )
