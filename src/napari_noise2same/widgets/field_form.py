"""A form made from the fields of a pydantic model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, cast

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget

from napari_noise2same.widgets.editors import Editor, make_editor
from napari_noise2same.widgets.form_texts import TEXTS, FieldText

__all__ = ["FieldForm", "FieldRow", "add_row", "make_rows"]

_LABEL_WIDTH = 124


class FieldRow(QWidget):
    """An editor, and below it the reason why its value is refused.

    Parameters
    ----------
    editor : QWidget
        An `Editor`.
    """

    def __init__(self, editor: QWidget) -> None:
        super().__init__()
        self.editor = cast("Editor", editor)
        self.reason = QLabel()
        self.reason.setWordWrap(True)
        self.reason.setTextFormat(Qt.TextFormat.PlainText)
        self.reason.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        layout.addWidget(editor)
        layout.addWidget(self.reason)

    def show_reason(self, reason: str) -> None:
        """Say why the value is refused.

        Parameters
        ----------
        reason : str
            The reason; nothing if the value is fine.
        """
        self.reason.setText(f"⚠ {reason}" if reason else "")
        self.reason.setVisible(bool(reason))


class FieldForm(QWidget):
    """A row for each of some fields of a model.

    Parameters
    ----------
    model : type of BaseModel
        The model.
    paths : sequence of str
        Fields, those of a nested model with a dot: ``"mask.percentage"``.
    editors : mapping of str to QWidget, optional
        Editors for fields that need one of their own.
    prefix : str
        What the paths begin with in the table of texts.
    """

    changed = Signal()

    def __init__(
        self,
        model: type[BaseModel],
        paths: Sequence[str],
        editors: Mapping[str, QWidget] | None = None,
        prefix: str = "",
    ) -> None:
        super().__init__()
        self.rows: dict[str, FieldRow] = {}
        self.fields = make_rows(self)
        for path in paths:
            text = TEXTS[prefix + path]
            editor = (editors or {}).get(path) or make_editor(_field(model, path), text)
            row = self.rows[path] = FieldRow(editor)
            row.editor.changed.connect(self.changed)
            add_row(self.fields, text, row)

    def value(self) -> dict[str, Any]:
        """Return what was entered, nested like the model."""
        values: dict[str, Any] = {}
        for path, row in self.rows.items():
            *parents, name = path.split(".")
            reduce(lambda inner, key: inner.setdefault(key, {}), parents, values)[name] = (
                row.editor.value()
            )
        return values

    def set_value(self, model: BaseModel) -> None:
        """Show the settings of a model.

        Parameters
        ----------
        model : BaseModel
            The model.
        """
        for path, row in self.rows.items():
            row.editor.set_value(reduce(getattr, path.split("."), model))

    def show_reasons(self, reasons: Mapping[str, str]) -> None:
        """Say beside the fields why their values are refused.

        Parameters
        ----------
        reasons : mapping of str to str
            Reasons by path of a field, or of something inside it; fields that are missing are
            fine.
        """
        for path, row in self.rows.items():
            own = (r for found, r in reasons.items() if f"{found}.".startswith(f"{path}."))
            row.show_reason(next(own, ""))


def make_rows(parent: QWidget) -> QFormLayout:
    """Lay a widget out in rows, as all forms are.

    Parameters
    ----------
    parent : QWidget
        The widget.

    Returns
    -------
    QFormLayout
        Its layout.
    """
    rows = QFormLayout(parent)
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setVerticalSpacing(4)
    rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return rows


def add_row(rows: QFormLayout, text: FieldText, widget: QWidget) -> None:
    """Add a row with its texts; one width of the labels lines up the rows of all forms.

    Parameters
    ----------
    rows : QFormLayout
        The form.
    text : FieldText
        Label and tooltip.
    widget : QWidget
        What stands beside the label.
    """
    label = QLabel(text.label)
    label.setMinimumWidth(_LABEL_WIDTH)
    for part in (label, widget):
        part.setToolTip(text.tooltip)
    rows.addRow(label, widget)


def _field(model: type[BaseModel], path: str) -> FieldInfo:
    """Return a field, also of a nested model."""
    name, _, rest = path.partition(".")
    field = model.model_fields[name]
    return _field(cast("type[BaseModel]", field.annotation), rest) if rest else field
