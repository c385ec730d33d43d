"""An editor for each kind of setting, chosen from its type and bounds."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Protocol, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QLineEdit, QWidget

from napari_noise2same.widgets.choice import ChoiceBox
from napari_noise2same.widgets.form_texts import FieldText
from napari_noise2same.widgets.number_box import NumberBox

__all__ = ["Editor", "LengthsEdit", "SwitchBox", "make_editor"]


class Editor(Protocol):
    """A widget for one setting."""

    changed: Any

    def value(self) -> object:
        """Return what was entered, which may not be valid."""

    def set_value(self, value: Any, /) -> None:
        """Show a value."""


class SwitchBox(QCheckBox):
    """Yes or no."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.toggled.connect(self.changed)

    def value(self) -> bool:
        """Return whether it is on."""
        return self.isChecked()

    def set_value(self, on: bool) -> None:
        """Switch it.

        Parameters
        ----------
        on : bool
            Whether it is on.
        """
        self.setChecked(on)


class LengthsEdit(QLineEdit):
    """Several whole numbers, separated by commas or ×; nothing for automatic."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setPlaceholderText("automatic")
        self.setClearButtonEnabled(True)
        self.textChanged.connect(self.changed)

    def value(self) -> list[str] | None:
        """Return the parts of the text, or None if there are none."""
        return self.text().replace("×", ",").replace(",", " ").split() or None

    def set_value(self, lengths: tuple[int, ...] | None) -> None:
        """Show lengths.

        Parameters
        ----------
        lengths : tuple of int or None
            The lengths; None for automatic.
        """
        self.setText(", ".join(map(str, lengths or ())))


def make_editor(field: FieldInfo, text: FieldText) -> QWidget:
    """Make the editor that fits a field.

    Parameters
    ----------
    field : FieldInfo
        Field of a pydantic model.
    text : FieldText
        Texts of the setting, with the names of what can be chosen.

    Returns
    -------
    QWidget
        An `Editor`.

    Raises
    ------
    TypeError
        If there is no editor for such a field.
    """
    kind, metadata, optional = _unwrap(field.annotation, list(field.metadata))
    choices = get_args(kind) if get_origin(kind) is Literal else ()
    if kind is bool and optional:
        choices = (True, False)
    if choices:
        automatic: Mapping[Any, str] = {None: "Automatic"} if optional else {}
        return ChoiceBox({**automatic, **{key: text.choices[key] for key in choices}})
    if get_origin(kind) is tuple:
        return LengthsEdit()
    if kind is bool:
        return SwitchBox()
    if kind in (int, float):
        return NumberBox(kind, *_bounds(metadata), optional=optional)
    raise TypeError(f"Expected a field that has an editor, found one of type {kind}.")


def _unwrap(annotation: Any, metadata: list[Any]) -> tuple[Any, list[Any], bool]:
    """Return the bare type, its constraints and whether None is allowed."""
    optional = False
    while True:
        origin, args = get_origin(annotation), get_args(annotation)
        if origin in (Union, types.UnionType) and type(None) in args:
            optional = True
            annotation = next(arg for arg in args if arg is not type(None))
        elif origin is Annotated:
            annotation = args[0]
            for extra in args[1:]:
                metadata = [*metadata, *getattr(extra, "metadata", [extra])]
        else:
            return annotation, metadata, optional


def _bounds(metadata: list[Any]) -> tuple[float | None, float | None]:
    """Return the lowest and the highest number, as far as there are such."""
    found = {
        name: getattr(item, name)
        for item in metadata
        for name in ("ge", "gt", "le", "lt")
        if getattr(item, name, None) is not None
    }
    return found.get("ge", found.get("gt")), found.get("le", found.get("lt"))
