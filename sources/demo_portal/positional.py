"""Arguments of the old task methods: taken by position, whatever their names (API.md 1.1 and 13.1)."""

from . import php
from .errors import PortalError

_CLASSES = {"checklistitem": "ctaskchecklistitem", "elapseditem": "ctaskelapseditem"}


def core_error(number: int, text: str, code: str) -> PortalError:
    """Make the error that these methods answer."""
    return PortalError("ERROR_CORE", f"TASKS_ERROR_EXCEPTION_#{number}; {text}; {number}/TE/{code}<br>")


class Arguments:
    """The arguments of one call in the order they were sent."""

    def __init__(self, family: str, method: str, params: dict[str, object]) -> None:
        self._name = f"{_CLASSES[family]}::{method}()"
        self._values = list(params.values())

    def number(self, place: int, name: str) -> int:
        """Give an argument that is an integer or the text of one."""
        value = self._given(place, name)
        if not php.is_numeric(value):
            raise self._wrong(place, name, "integer")
        return php.to_int(value)

    def array(self, place: int, name: str) -> dict[str, object]:
        """Give an argument that is an array and has to be there."""
        value = self._given(place, name)
        if not isinstance(value, list | dict):
            raise self._wrong(place, name, "array")
        return dict(php.items_of(value))

    def optional(self, place: int, name: str) -> dict[str, object]:
        """Give an argument that may be left out."""
        return self.array(place, name) if place < len(self._values) else {}

    def names(self, place: int) -> list[str]:
        """Give an optional list of field names."""
        value = self._values[place] if place < len(self._values) else []
        return [php.to_text(name) for _, name in php.items_of(value)]

    def starts_with_number(self) -> bool:
        """Tell whether the first argument is a number: the task, where it may be left out."""
        return bool(self._values) and php.is_numeric(self._values[0])

    def _given(self, place: int, name: str) -> object:
        if place >= len(self._values):
            text = f"Param #{place} ({name}) expected by method {self._name}, but not given."
            raise core_error(256, text, "WRONG_ARGUMENTS")
        return self._values[place]

    def _wrong(self, place: int, name: str, kind: str) -> PortalError:
        text = f"Param #{place} ({name}) for method {self._name} must be of type {kind}."
        return core_error(256, text, "WRONG_ARGUMENTS")
