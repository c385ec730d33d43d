"""Choice of a strategy for λ_inv, with the settings that it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QWidget

from napari_noise2same.core.settings import STRATEGIES, LambdaConfig
from napari_noise2same.widgets.choice import ChoiceBox
from napari_noise2same.widgets.field_form import FieldForm, add_row, make_rows
from napari_noise2same.widgets.form_texts import TEXTS
from napari_noise2same.widgets.stages_table import StagesTable

__all__ = ["LambdaEditor"]


class LambdaEditor(QWidget):
    """A strategy, and below it a small form of its settings; or one that is chosen by itself."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        text = TEXTS["lambda_inv"]
        self.kind = ChoiceBox(text.choices)
        self.forms = {kind: _strategy_form(kind, model) for kind, model in STRATEGIES.items()}
        layout = make_rows(self)
        add_row(layout, text, self.kind)
        for form in self.forms.values():
            layout.addRow(form)
            form.changed.connect(self.changed)
        self.kind.changed.connect(self._on_kind)
        self._show_form()

    def value(self) -> dict[str, Any] | None:
        """Return the strategy's settings, which may not be valid; None for automatic."""
        kind = self.kind.value()
        return None if kind is None else {"kind": kind, **self.forms[str(kind)].value()}

    def set_value(self, strategy: LambdaConfig | None) -> None:
        """Show a strategy.

        Parameters
        ----------
        strategy : LambdaConfig, optional
            The strategy; None for automatic.
        """
        if strategy is not None:
            self.forms[strategy.kind].set_value(strategy)
        self.kind.set_value(strategy and strategy.kind)

    def show_reasons(self, reasons: Mapping[str, str]) -> None:
        """Say beside the fields why their values are refused.

        Parameters
        ----------
        reasons : mapping of str to str
            Reasons by path, which begins with the strategy: ``"fixed.value"``.
        """
        for kind, form in self.forms.items():
            own = {path: reason for path, reason in reasons.items() if path.startswith(f"{kind}.")}
            form.show_reasons(_by_field(own, len(kind) + 1))

    def _on_kind(self) -> None:
        """Another strategy has other settings."""
        self._show_form()
        self.changed.emit()

    def _show_form(self) -> None:
        """Show the settings of the chosen strategy."""
        for kind, form in self.forms.items():
            form.setVisible(kind == self.kind.value())


def _strategy_form(kind: str, model: type[BaseModel]) -> FieldForm:
    """Make the form of a strategy, with its defaults."""
    names = [name for name in model.model_fields if name != "kind"]
    editors: dict[str, QWidget] = {"stages": StagesTable()} if kind == "staged" else {}
    form = FieldForm(model, names, editors, prefix=f"{kind}.")
    if editors:  # a table needs the whole width
        form.fields.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
    form.set_value(model())
    return form


def _by_field(reasons: Mapping[str, str], skipped: int) -> dict[str, str]:
    """Return reasons by field; one inside a stage names it."""
    found: dict[str, str] = {}
    for path, reason in reasons.items():
        field, *inner = path[skipped:].split(".")
        where = f"Stage {int(inner[0]) + 1}, {inner[1].replace('_', ' ')}: " if inner else ""
        found.setdefault(field, f"{where}{reason}")
    return found
