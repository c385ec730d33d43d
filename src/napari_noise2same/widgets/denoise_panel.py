"""The view of the denoise dock."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Literal, cast

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QTabWidget, QVBoxLayout, QWidget

from napari_noise2same.core.settings import DenoiseConfig
from napari_noise2same.widgets.batch_panel import BatchPanel
from napari_noise2same.widgets.choice import ChoiceBox
from napari_noise2same.widgets.collapsible import Collapsible
from napari_noise2same.widgets.device_choice import DeviceChoice
from napari_noise2same.widgets.field_form import FieldForm, add_row, make_rows
from napari_noise2same.widgets.form_texts import TEXTS
from napari_noise2same.widgets.layer_list import LayerList
from napari_noise2same.widgets.message import MessageLine
from napari_noise2same.widgets.progress import RunProgress
from napari_noise2same.widgets.result_form import ResultForm
from napari_noise2same.widgets.scroll_panel import ScrollPanel
from napari_noise2same.widgets.validation import reasons, validated

__all__ = ["DenoisePanel", "Region"]

Region = Literal["all", "view", "frame"]

_FIELDS = ("dtype", "noise", "averaging", "precision", "tile")
_PREFIX = "denoise."
_SPACING = 6
_ONE_LEVEL: dict[Hashable, str] = {0: "Full"}


class DenoisePanel(ScrollPanel):
    """Everything to denoise: model and settings, with them layers or, on another tab, files.

    Its parts are used directly: `model`, `choose_file`, `save`, `device`, `options`, `advanced`,
    `tabs`, `layers`, `region`, `level`, `result`, `denoise`, `cancel`, `progress`, `batch`,
    `message`.

    Attributes
    ----------
    denoise_requested, cancel_requested, choose_file_requested, save_requested
        A button was pressed, of the tab for layers; that for files has its own.
    settings_changed
        The region, the level, the device, where the result goes or another setting was changed,
        valid or not.
    """

    denoise_requested = Signal()
    cancel_requested = Signal()
    choose_file_requested = Signal()
    save_requested = Signal()
    settings_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._base = DenoiseConfig()
        self.model = ChoiceBox()
        self.choose_file = QPushButton("Choose file…")
        self.choose_file.setToolTip("Read a model from a file.")
        self.save = QPushButton("Save…")
        self.save.setToolTip(
            "Write the chosen model to a file. Without a file it is lost when this window closes."
        )
        self.layers = LayerList()
        self.region = ChoiceBox(TEXTS["denoise.region"].choices)
        self.level = ChoiceBox(_ONE_LEVEL)
        self.result = ResultForm()
        self.device = DeviceChoice()
        self.options = FieldForm(DenoiseConfig, _FIELDS, prefix=_PREFIX)
        self.advanced = Collapsible("Advanced", self.options)
        self.denoise = QPushButton("Denoise")
        self.cancel = QPushButton("Cancel")
        self.progress = RunProgress("tile")
        self.batch = BatchPanel()
        self.tabs = QTabWidget()
        self.message = MessageLine()
        self._shared = self._make_shared()
        self._inputs = self._make_inputs()
        self._arrange()
        self._connect()
        self.set_value(self._base)
        self.set_levels(_ONE_LEVEL)
        self.set_running(False)

    def value(self) -> DenoiseConfig:
        """Return how to denoise.

        Returns
        -------
        DenoiseConfig
            The settings.

        Raises
        ------
        ConfigurationError
            If one of them cannot work: in one sentence, which and why.
        """
        return validated(DenoiseConfig, self._shown(), _PREFIX)

    def set_value(self, config: DenoiseConfig) -> None:
        """Show settings.

        Parameters
        ----------
        config : DenoiseConfig
            The settings. A device that is known not to be there changes nothing.
        """
        self._base = config
        self.options.set_value(config)
        self.device.set_value(config.device)

    def region_value(self) -> Region:
        """Return what to denoise."""
        return cast("Region", self.region.value())

    def level_value(self) -> int:
        """Return the level of a multiscale image, 0 the finest."""
        return cast("int", self.level.value())

    def set_models(self, names: Mapping[Hashable, str], active: Hashable | None = None) -> None:
        """Replace the models.

        Parameters
        ----------
        names : mapping of hashable to str
            Name of each model by an opaque key.
        active : hashable, optional
            The model to choose; by default the one that is chosen stays.
        """
        self.model.set_choices(names)
        if active is not None:
            self.model.set_value(active)
        self.set_running(self._running, batch=self._batch)

    def set_levels(self, names: Mapping[Hashable, str]) -> None:
        """Replace the levels; the row shows only if there is a choice.

        Parameters
        ----------
        names : mapping of int to str
            Name of each level, such as ``{0: "Full, 4096 × 4096", 1: "2048 × 2048"}``.
        """
        self.level.set_choices(names or _ONE_LEVEL)
        self._rows.setRowVisible(self.level, len(names) > 1)

    def set_running(self, running: bool, *, batch: bool = False) -> None:
        """Show what can be done now; inputs are locked during a run.

        Parameters
        ----------
        running : bool
            Whether an image is being denoised.
        batch : bool
            Whether it is one of the files, rather than a layer.
        """
        self._running, self._batch = running, batch
        there = self.model.count() > 0
        ready = not running and there
        self.save.setEnabled(there)
        self.denoise.setEnabled(ready)
        self.cancel.setEnabled(running and not batch)
        self.batch.set_running(running and batch, ready=ready)
        self._shared.setDisabled(running)
        self._inputs.setDisabled(running)

    def is_running(self) -> bool:
        """Return whether a layer or a file is being denoised."""
        return self._running

    def _shown(self) -> dict[str, Any]:
        """Return the settings, which may not be valid."""
        shown = {**self.options.value(), "device": self.device.value()}
        return {**self._base.model_dump(), **shown}

    def _make_shared(self) -> QWidget:
        """Lay out what layers and files are denoised with."""
        shared = QWidget()
        rows = make_rows(shared)
        add_row(rows, TEXTS["denoise.model"], self.model)
        files = QHBoxLayout()
        # Inside a form it has none of its own.
        files.setSpacing(_SPACING)
        files.addWidget(self.choose_file, 1)
        files.addWidget(self.save, 1)
        rows.addRow("", files)
        add_row(rows, TEXTS["device"], self.device)
        rows.addRow(self.advanced)
        return shared

    def _make_inputs(self) -> QWidget:
        """Lay out which layers, and what of them."""
        inputs = QWidget()
        self._rows = make_rows(inputs)
        self._rows.addRow(self.layers)
        add_row(self._rows, TEXTS["denoise.region"], self.region)
        add_row(self._rows, TEXTS["denoise.level"], self.level)
        self._rows.addRow(self.result)
        return inputs

    def _make_layers_page(self) -> QWidget:
        """Lay out the tab for layers."""
        page = QWidget()
        buttons = QHBoxLayout()
        buttons.addWidget(self.denoise, 1)
        buttons.addWidget(self.cancel, 1)
        column = QVBoxLayout(page)
        column.addWidget(self._inputs)
        column.addLayout(buttons)
        column.addWidget(self.progress)
        column.addStretch(1)
        return page

    def _arrange(self) -> None:
        """Lay out the panel."""
        self.tabs.addTab(self._make_layers_page(), "Layers")
        self.tabs.addTab(self.batch, "Batch")
        self.column.addWidget(self._shared)
        # Below the tabs, a small window would hide it.
        self.column.addWidget(self.message)
        self.column.addWidget(self.tabs, 1)

    def _connect(self) -> None:
        """Forward the signals of the parts."""
        self.denoise.clicked.connect(self.denoise_requested)
        self.cancel.clicked.connect(self.cancel_requested)
        self.choose_file.clicked.connect(self.choose_file_requested)
        self.save.clicked.connect(self.save_requested)
        for part in (self.region, self.level, self.result, self.device, self.options):
            part.changed.connect(self._on_settings)

    def _on_settings(self) -> None:
        """Say beside the fields what is wrong, and tell about the change."""
        self.options.show_reasons(reasons(DenoiseConfig, self._shown()))
        self.settings_changed.emit()
