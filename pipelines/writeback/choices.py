"""Ids and what people call them: options of lists, statuses and stages, users."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from pipelines.writeback.fields import FieldSpec

_SHOWN: Final = 8
_BY_ID: Final = re.compile(r"(?P<label>.*?)\s*\[(?P<id>[^\[\]]+)\]", re.DOTALL)
_WITH_ADDRESS: Final = re.compile(r"(?P<name>.*?)\s*<(?P<email>[^<>]+)>")
_PIPELINES: Final = ("CATEGORY_ID", "categoryId", "category_id")


class ChoiceError(ValueError):
    """A text names none of the options, or more than one."""


def shown_choices(spec: FieldSpec) -> dict[str, str]:
    """Each id with the text that stands for it in a workbook: its label, and its id where that is needed."""
    names = {id_: " ".join(label.split()) or id_ for id_, label in spec.options.items()}
    if spec.kind == "user":
        names = {id_: _person(name)[0] for id_, name in names.items()}
    known = Counter(name.casefold() for name in names.values())
    ids = {id_.casefold() for id_ in names}
    return {
        id_: f"{name} [{id_}]"
        if known[name.casefold()] > 1 or name.casefold() in ids - {id_.casefold()} or "[" in name
        else name
        for id_, name in names.items()
    }


def chosen(spec: FieldSpec, value: object, row: Mapping[str, object]) -> str:
    """The id that a label, an e-mail address or an id means in this row.

    Raises:
        ChoiceError: it means none, or several; the message names the candidates.
    """
    text = " ".join(str(value).split())
    if not spec.options:
        return _unknown_dictionary(spec, text)
    names = _names(spec)
    found = _by_both(spec, text) or names.exact.get(text, ()) or names.folded.get(text.casefold(), ())
    if text in spec.options:
        if not isinstance(value, str):
            return _in_pipeline(spec, text, row)
        found = tuple(dict.fromkeys((*found, text)))
    if not found:
        if text not in names.misses and len(names.misses) < _MOST_MISSES:
            names.misses[text] = _did_you_mean(spec, text)
        raise ChoiceError(names.misses.get(text, "is not among the values, like many before it"))
    if len(found) > 1:
        found = _within(spec, found, row) or found
    if len(found) > 1:
        raise ChoiceError(
            f"means more than one: {_candidates(spec, found)}; write the one in the brackets instead"
        )
    return _in_pipeline(spec, found[0], row)


@dataclass(frozen=True)
class _Names:
    """The ids of every name, as it is written and in any case."""

    spec: FieldSpec
    exact: Mapping[str, tuple[str, ...]]
    folded: Mapping[str, tuple[str, ...]]
    misses: dict[str, str]
    """What was told of texts that name nothing: a wrong label seldom stands in one row only."""


_KNOWN: Final[dict[int, _Names]] = {}
"""By the identity of the field, which an entry keeps alive: searching 300 users per row takes minutes."""

_MOST_KNOWN: Final = 256
_MOST_MISSES: Final = 500


def _names(spec: FieldSpec) -> _Names:
    known = _KNOWN.get(id(spec))
    if known is not None:
        return known
    exact: dict[str, dict[str, None]] = {}
    folded: dict[str, dict[str, None]] = {}
    for id_, label in spec.options.items():
        name = " ".join(label.split())
        for each in {name, *_person(name)} if spec.kind == "user" else {name}:
            exact.setdefault(each, {})[id_] = None
            folded.setdefault(each.casefold(), {})[id_] = None
    made = _Names(
        spec,
        {name: tuple(ids) for name, ids in exact.items()},
        {name: tuple(ids) for name, ids in folded.items()},
        {},
    )
    if len(_KNOWN) >= _MOST_KNOWN:
        _KNOWN.clear()
    _KNOWN[id(spec)] = made
    return made


def _unknown_dictionary(spec: FieldSpec, text: str) -> str:
    if spec.kind == "status" or text.isdecimal():
        return text
    raise ChoiceError("cannot be looked up, for no values of the field are known: write the id")


def _by_both(spec: FieldSpec, text: str) -> tuple[str, ...]:
    """`Label [id]`, as the dropdowns of an export have it; the id decides."""
    match = _BY_ID.fullmatch(text) if text.endswith("]") else None
    if match is None or match["id"] not in spec.options:
        return ()
    label = " ".join(spec.options[match["id"]].split())
    wanted = match["label"].casefold()
    return (match["id"],) if wanted in {"", label.casefold(), _person(label)[0].casefold()} else ()


def _person(label: str) -> tuple[str, ...]:
    """Name and e-mail of a user's label."""
    match = _WITH_ADDRESS.fullmatch(label)
    return (match["name"] or match["email"], match["email"]) if match else (label,)


def _within(spec: FieldSpec, ids: Iterable[str], row: Mapping[str, object]) -> tuple[str, ...]:
    pipeline = _pipeline_of(row)
    return tuple(id_ for id_ in ids if pipeline is not None and spec.option_groups.get(id_) == pipeline)


def _in_pipeline(spec: FieldSpec, id_: str, row: Mapping[str, object]) -> str:
    pipeline, own = _pipeline_of(row), spec.option_groups.get(id_)
    if pipeline is None or own is None or own == pipeline:
        return id_
    theirs = [each for each, group in spec.option_groups.items() if group == pipeline]
    raise ChoiceError(
        f"is a stage of pipeline {own}, and the row is in pipeline {pipeline}: choose one of "
        f"{_candidates(spec, theirs)}"
    )


def _pipeline_of(row: Mapping[str, object]) -> str | None:
    for name in _PIPELINES:
        if row.get(name) not in (None, ""):
            return str(row[name])
    return None


def _did_you_mean(spec: FieldSpec, text: str) -> str:
    shown = shown_choices(spec)
    by_form = {name.casefold(): name for name in (*shown, *shown.values())}
    close = get_close_matches(text.casefold(), by_form, n=3, cutoff=0.6)
    if close:
        return "is not among the values; did you mean " + " or ".join(repr(by_form[each]) for each in close)
    return f"is not among the values: choose one of {_candidates(spec, shown)}"


def _candidates(spec: FieldSpec, ids: Iterable[str]) -> str:
    listed = list(ids)
    named = []
    for id_ in listed[:_SHOWN]:
        group = spec.option_groups.get(id_)
        where = "" if group is None else f", pipeline {group}"
        named.append(f"{' '.join(spec.options[id_].split())!r} [{id_}]{where}")
    more = len(listed) - _SHOWN
    return "; ".join(named) + (f"; and {more} more" if more > 0 else "")
