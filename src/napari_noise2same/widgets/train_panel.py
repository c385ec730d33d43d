"""The view of the train dock."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from napari_noise2same.core.settings import Preset, TrainingConfig
from napari_noise2same.widgets.axes_row import AxesRow
from napari_noise2same.widgets.choice import ChoiceBox
from napari_noise2same.widgets.collapsible import Collapsible
from napari_noise2same.widgets.config_form import ConfigForm
from napari_noise2same.widgets.device_choice import DeviceChoice
from napari_noise2same.widgets.field_form import add_row, make_rows
from napari_noise2same.widgets.form_texts import TEXTS
from napari_noise2same.widgets.layer_list import LayerList
from napari_noise2same.widgets.loss_plot import LossPlot
from napari_noise2same.widgets.message import MessageLine
from napari_noise2same.widgets.model_buttons import ModelButtons
from napari_noise2same.widgets.progress import RunProgress
from napari_noise2same.widgets.quality import QualityChoice
from napari_noise2same.widgets.run_buttons import RunButtons, RunState
from napari_noise2same.widgets.scroll_panel import ScrollPanel
from napari_noise2same.widgets.start_choice import StartChoice

__all__ = ["TrainPanel"]


class TrainPanel(ScrollPanel):
    """Everything to train a model: images, quality, buttons, plot, settings.

    Its parts are used directly: `layers`, `axes`, `region`, `quality`, `start`, `device`, `run`,
    `progress`, `message`, `plot`, `preview`, `instant`, `model`, `form` (inside `advanced`).

    Attributes
    ----------
    settings_changed
        The quality, the start, the device or the advanced settings were changed, valid or not.
    """

    settings_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.layers = LayerList()
        self.axes = AxesRow()
        self.region = ChoiceBox()
        self.quality = QualityChoice()
        self.start = StartChoice()
        self.device = DeviceChoice()
        self.run = RunButtons()
        self.progress = RunProgress("step")
        self.message = MessageLine()
        self.plot = LossPlot()
        self.preview = QCheckBox("Live preview")
        self.instant = QCheckBox("Instant preview")
        self.model = ModelButtons()
        self.form = ConfigForm()
        self.advanced = Collapsible("Advanced", self.form)
        self._inputs = self._make_inputs()
        self._arrange()
        self._connect()
        self.set_region_layers({})
        self.set_state(RunState.IDLE)

    def value(self) -> TrainingConfig:
        """Return all settings.

        Returns
        -------
        TrainingConfig
            The advanced settings, with the effort of the quality, the start and the device. A
            model to start from is no setting: ask `start` for it.

        Raises
        ------
        ConfigurationError
            If an advanced setting cannot work: in one sentence, which and why.
        """
        chosen = {
            "effort": self.quality.value().config().effort,
            "start": self.start.setting(),
            "device": self.device.value(),
        }
        return self.form.value().model_copy(update=chosen)

    def set_value(self, config: TrainingConfig) -> None:
        """Show settings; of the qualities, the one that comes nearest.

        Parameters
        ----------
        config : TrainingConfig
            The settings. A device that is known not to be there changes nothing.
        """
        self.quality.set_value(_nearest_preset(config.effort))
        self.start.set_value(config.start)
        self.device.set_value(config.device)
        self.form.set_value(config)

    def set_region_layers(self, names: Mapping[Hashable, str]) -> None:
        """Replace what can be trained inside of; the row shows only if there is something.

        Parameters
        ----------
        names : mapping of hashable to str
            Name of each Shapes and Labels layer by an opaque key.
        """
        self.region.set_choices({None: "Whole image", **names})
        self._rows.setRowVisible(self.region, bool(names))

    def set_state(self, state: RunState) -> None:
        """Show what can be done now; inputs are locked while a run is on.

        Parameters
        ----------
        state : RunState
            What the run is doing.
        """
        self.run.set_state(state)
        self.progress.set_paused(state is RunState.PAUSED)
        for part in (self._inputs, self.form, self.model.load):
            part.setDisabled(state.busy)

    def _make_inputs(self) -> QWidget:
        """Lay out what is locked during a run."""
        inputs = QWidget()
        self._rows = make_rows(inputs)
        for part in (self.layers, self.axes, self.quality):
            self._rows.addRow(part)
        add_row(self._rows, TEXTS["start"], self.start)
        add_row(self._rows, TEXTS["train.region"], self.region)
        add_row(self._rows, TEXTS["device"], self.device)
        return inputs

    def _arrange(self) -> None:
        """Lay out the panel, most important first."""
        self.preview.setToolTip("Show the model's result on the region in view while it trains.")
        self.preview.setChecked(True)
        self.instant.setToolTip(
            "Show what the weights that training would start at make of the region in view: while "
            "no model trains, renewed as you move."
        )
        previews = QHBoxLayout()
        for box in (self.preview, self.instant):
            previews.addWidget(box, 1)
        for part in (self._inputs, self.run, self.progress, self.message, self.model.denoise):
            self.column.addWidget(part)
        self.column.addWidget(self.plot, 1)
        self.column.addLayout(previews)
        for part in (self.model, self.advanced):
            self.column.addWidget(part)

    def _on_form(self) -> None:
        """Lock the quality where a number of steps or minutes leaves it nothing to say."""
        given = self.form.gives_length()
        self.quality.setDisabled(given)
        self.quality.setToolTip("The advanced settings give the length." if given else "")

    def _connect(self) -> None:
        """Connect the parts."""
        self.form.changed.connect(self._on_form)
        for part in (self.quality, self.start, self.device, self.form):
            part.changed.connect(self.settings_changed)


def _nearest_preset(effort: float) -> Preset:
    """Return the preset that comes nearest; any training at all is not instant."""
    if effort == 0:
        return Preset.INSTANT
    trained = [preset for preset in Preset if preset is not Preset.INSTANT]
    return min(trained, key=lambda preset: abs(preset.config().effort - effort))
