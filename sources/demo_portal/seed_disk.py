"""Seeds the drive: a storage for each user, group and the company, nested folders and many files."""
# ruff: noqa: PLR2004  shares and places of demo data are plain numbers

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .cards import full_name
from .columns import Choice, Column, Made, Moment, Number, Same
from .seed_deals import HISTORY_DAYS, Seeded, World, gapped_ids, people, pick
from .seed_paths import Ints, creation_times
from .table import Row
from .zone import DAY

DEPTH = 5
CROWD = 130  # files in one folder: three pages
_FIRST_ROOT = 15
_STEMS = (
    *(
        "Offer ",
        "Договор №",
        "Invoice_",
        "photo ",
        "🎉 party ",
        'quoted "plan" ',
        "it's ",
        ".hidden",
        "50% off & more ",
    ),
    *("Größe XL ", "a|b ~c ", "semi;colon,comma ", "two  blanks ", "very long name " * 12),
)
_EXTENSIONS = (".pdf", ".docx", ".xlsx", ".PNG", ".tar.gz", "", ".")
_FOLDERS = ("Offers", "Договоры", "Photos 📷", "2024", "Archive (old)", ".git", 'The "best"', "Größen & Maße")


@dataclass(frozen=True)
class DiskSeed:
    """Storages, folders and files."""

    storages: list[Row]
    folders: Seeded
    files: Seeded


def seed_storages(users: Sequence[Row], groups: Sequence[Row]) -> list[Row]:
    """Make the rows of disk.storage.getList."""
    owners = [
        ("Company drive", "common", "shared_files_s1"),
        *((full_name(row) or f"user{row['ID']}", "user", str(row["ID"])) for row in users),
        *((str(row["NAME"]), "group", str(row["ID"])) for row in groups),
    ]
    return [
        {
            "ID": str(1 + 2 * place),
            "NAME": name,
            "CODE": None,
            "MODULE_ID": "disk",
            "ENTITY_TYPE": kind,
            "ENTITY_ID": owner,
            "ROOT_OBJECT_ID": str(_FIRST_ROOT + 2 * place),
        }
        for place, (name, kind, owner) in enumerate(owners)
    ]


@dataclass(frozen=True)
class _Tree:
    """Where each folder hangs: a position of a folder, or -1 for the root of its storage."""

    storage: Ints
    parent: Ints


def _tree(world: World, folders: int, storages: int) -> _Tree:
    rng = world.rng
    # the company drive holds a third, users and groups share the rest
    storage = np.where(rng.random(folders) < 0.33, 0, rng.integers(0, storages, folders))
    wish = rng.random(folders)
    parent = np.full(folders, -1, dtype=np.int64)
    depth = np.ones(folders, dtype=np.int64)
    inside: dict[int, list[int]] = {}
    for place in range(folders):
        if place < DEPTH:
            storage[place] = 1  # one chain of the full depth, in the first user's storage
        candidates = inside.setdefault(int(storage[place]), [])
        if place < DEPTH and place:
            parent[place] = place - 1
        elif place >= DEPTH and candidates and wish[place] < 0.65:
            parent[place] = candidates[int(wish[place] / 0.65 * len(candidates))]
        if parent[place] >= 0:
            depth[place] = depth[parent[place]] + 1
        if depth[place] < DEPTH:
            candidates.append(place)
    return _Tree(storage, parent)


def seed_disk(world: World, storages: list[Row], folders: int, files: int) -> DiskSeed:
    """Make folders and files; both count in one sequence of object ids."""
    rng = world.rng
    ids = gapped_ids(rng, folders + files, _FIRST_ROOT + 2 * len(storages))
    created = creation_times(rng, folders + files, world.epoch, HISTORY_DAYS)
    forced = min(DEPTH, folders)  # the chain comes first, so that every folder is younger than its parent
    is_folder = np.zeros(folders + files, dtype=bool)
    is_folder[:forced] = True
    is_folder[forced + rng.choice(folders + files - forced, size=folders - forced, replace=False)] = True
    tree = _tree(world, folders, len(storages))
    roots = np.array([int(str(row["ROOT_OBJECT_ID"])) for row in storages], dtype=np.int64)
    numbers = np.array([int(str(row["ID"])) for row in storages], dtype=np.int64)
    folder_ids = ids[is_folder]
    above = np.where(tree.parent < 0, roots[tree.storage], folder_ids[tree.parent])
    folder_columns = {
        **_object(world, folder_ids, "folder", numbers[tree.storage], above, created[is_folder]),
        "NAME": Made(lambda place: f"{_FOLDERS[int(folder_ids[place]) % len(_FOLDERS)]} {folder_ids[place]}"),
        "REAL_OBJECT_ID": Number(folder_ids),
    }
    file_ids = ids[~is_folder]
    # every folder and every root is a place for files; the first folder is the crowded one
    holders, drives = np.concatenate((folder_ids, roots)), np.concatenate((numbers[tree.storage], numbers))
    deep = rng.random(files) < (0.8 if folders else 0)
    place = np.where(
        deep, rng.integers(0, max(folders, 1), files), folders + rng.integers(0, len(roots), files)
    )
    if folders and files >= 2 * CROWD:
        place[rng.choice(files, size=CROWD, replace=False)] = 0
    return DiskSeed(
        storages,
        Seeded(folder_ids, _ordered(folder_columns)),
        Seeded(
            file_ids, _ordered(_files(world, file_ids, drives[place], holders[place], created[~is_folder]))
        ),
    )


def _files(world: World, ids: Ints, storage: Ints, holder: Ints, created: Ints) -> dict[str, Column]:
    rng, rows = world.rng, len(ids)
    size = rng.lognormal(11, 2.5, rows).astype(np.int64)
    size = np.where(rng.random(rows) < 0.02, 0, size)
    return {
        **_object(world, ids, "file", storage, holder, created),
        "NAME": Made(lambda place: file_name(int(ids[place]))),
        "GLOBAL_CONTENT_VERSION": pick(world, rows, ("1", "2", "7"), (80, 15, 5)),
        "FILE_ID": Number(ids + 24_000),
        "SIZE": Number(size),
    }


def file_name(number: int) -> str:
    """Make a file's name: odd letters, leading dots, long ones, some without an extension."""
    return f"{_STEMS[number % len(_STEMS)]}{number}{_EXTENSIONS[number // 3 % len(_EXTENSIONS)]}"


def _object(
    world: World, ids: Ints, kind: str, storage: Ints, holder: Ints, created: Ints
) -> dict[str, Column]:
    rng, rows = world.rng, len(ids)
    later = created + rng.exponential(20 * DAY, rows).astype(np.int64)
    updated = np.where(rng.random(rows) < 0.4, np.minimum(later, world.epoch - 1), created)
    return {
        "ID": Number(ids),
        "CODE": Same(None, rows),
        "STORAGE_ID": Number(storage),
        "TYPE": Same(kind, rows),
        "PARENT_ID": Number(holder),
        "DELETED_TYPE": Same("0", rows),
        "CREATE_TIME": Moment(created, world.zone),
        "UPDATE_TIME": Moment(updated, world.zone),
        "DELETE_TIME": Same(None, rows),
        "CREATED_BY": Number(people(world, rows)),
        "UPDATED_BY": Number(people(world, rows)),
        "DELETED_BY": Choice((rng.random(rows) < 0.1).astype(np.uint8), ("0", None)),
    }


ORDER = (
    *("ID", "NAME", "CODE", "STORAGE_ID", "TYPE", "REAL_OBJECT_ID", "PARENT_ID", "DELETED_TYPE"),
    *("GLOBAL_CONTENT_VERSION", "FILE_ID", "SIZE", "CREATE_TIME", "UPDATE_TIME", "DELETE_TIME"),
    *("CREATED_BY", "UPDATED_BY", "DELETED_BY"),
)


def _ordered(columns: dict[str, Column]) -> dict[str, Column]:
    return {name: columns[name] for name in ORDER if name in columns}
