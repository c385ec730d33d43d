"""The view of the train dock."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QFormLayout, QWidget

from napari_noise2same.core.settings import Preset, TrainingConfig
from napari_noise2same.widgets.axes_row import AxesRow
from napari_noise2same.widgets.choice import ChoiceBox
from napari_noise2same.widgets.collapsible import Collapsible
from napari_noise2same.widgets.config_form import ConfigForm
from napari_noise2same.widgets.layer_list import LayerList
from napari_noise2same.widgets.loss_plot import LossPlot
from napari_noise2same.widgets.message import MessageLine
from napari_noise2same.widgets.model_buttons import ModelButtons
from napari_noise2same.widgets.progress import TrainingProgress
from napari_noise2same.widgets.quality import QualityChoice
from napari_noise2same.widgets.run_buttons import RunButtons, RunState
from napari_noise2same.widgets.scroll_panel import ScrollPanel

__all__ = ["TrainPanel"]

_BUSY = {RunState.PREPARING, RunState.TRAINING, RunState.PAUSED}


class TrainPanel(ScrollPanel):
    """Everything to train a model: images, quality, buttons, plot, settings.

    Its parts may be used directly: `layers`, `axes`, `region`, `quality`, `device`, `run`,
    `progress`, `message`, `plot`, `preview`, `model`, `form` (inside `advanced`).

    Parameters
    ----------
    parent : QWidget, optional
        Parent.

    Attributes
    ----------
    train_requested, pause_requested, stop_requested, resume_requested
        A button of the run was pressed.
    continue_requested : int
        Train so many steps more.
    save_requested, load_requested, copy_script_requested, copy_command_requested
        A button of the model was pressed.
    layers_changed, region_changed
        Other images or another region were chosen.
    axes_changed : str
        Other axes were entered.
    settings_changed
        The quality, the device or the advanced settings were changed, valid or not.
    preview_toggled : bool
        The live preview was switched on or off.
    """

    train_requested = Signal()
    pause_requested = Signal()
    stop_requested = Signal()
    resume_requested = Signal()
    continue_requested = Signal(int)
    save_requested = Signal()
    load_requested = Signal()
    copy_script_requested = Signal()
    copy_command_requested = Signal()
    layers_changed = Signal()
    axes_changed = Signal(str)
    region_changed = Signal()
    settings_changed = Signal()
    preview_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.layers = LayerList()
        self.axes = AxesRow()
        self.region = ChoiceBox({None: "Whole image"})
        self.quality = QualityChoice()
        self.device = ChoiceBox({"auto": "Automatic"})
        self.run = RunButtons()
        self.progress = TrainingProgress()
        self.message = MessageLine()
        self.plot = LossPlot()
        self.preview = QCheckBox("Live preview")
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
            The advanced settings, with the effort of the quality and the device.

        Raises
        ------
        ConfigurationError
            If an advanced setting cannot work: in one sentence, which and why.
        """
        chosen = {"effort": self.quality.value().config().effort, "device": self.device.value()}
        return self.form.value().model_copy(update=chosen)

    def set_value(self, config: TrainingConfig) -> None:
        """Show settings; of the qualities, the one that comes nearest.

        Parameters
        ----------
        config : TrainingConfig
            The settings. A device that is not in the list changes nothing.
        """
        self.quality.set_value(min(Preset, key=lambda p: abs(p.config().effort - config.effort)))
        self.device.set_value(config.device)
        self.form.set_value(config)

    def set_layers(self, names: Mapping[Hashable, str], active: Hashable | None = None) -> None:
        """Replace the images.

        Parameters
        ----------
        names : mapping of hashable to str
            Name of each image layer by an opaque key that outlives renaming.
        active : hashable, optional
            Key of the active layer, if it is one of them.
        """
        self.layers.set_layers(names, active)

    def set_region_layers(self, names: Mapping[Hashable, str]) -> None:
        """Replace what can be trained inside of; the row shows only if there is something.

        Parameters
        ----------
        names : mapping of hashable to str
            Name of each Shapes and Labels layer by an opaque key.
        """
        self.region.set_choices({None: "Whole image", **names})
        self._inputs_layout.setRowVisible(self.region, bool(names))

    def set_axes_sentence(self, text: str, *, error: bool = False) -> None:
        """Say what will happen with the axes.

        Parameters
        ----------
        text : str
            One sentence.
        error : bool
            Whether the axes do not fit the images.
        """
        self.axes.set_sentence(text, error=error)

    def set_expected_times(self, seconds: Mapping[Preset, float]) -> None:
        """Show how long each quality will take.

        Parameters
        ----------
        seconds : mapping of Preset to float
            Expected times in seconds, as far as they are known.
        """
        self.quality.set_expected_times(seconds)

    def set_devices(self, names: Mapping[Hashable, str]) -> None:
        """Replace the devices.

        Parameters
        ----------
        names : mapping of str to str
            What is shown for each device, such as ``{"auto": "Automatic (CPU)", "cpu": "CPU"}``.
        """
        self.device.set_choices(names)

    def set_state(self, state: RunState) -> None:
        """Show what can be done now; inputs are locked while a run is on.

        Parameters
        ----------
        state : RunState
            What the run is doing.
        """
        self.run.set_state(state)
        busy = state in _BUSY
        self._inputs.setDisabled(busy)
        self.form.setDisabled(busy)
        self.model.load.setDisabled(busy)

    def set_model(self, *, available: bool) -> None:
        """Tell whether there is a model to save.

        Parameters
        ----------
        available : bool
            Whether there is one.
        """
        self.model.save.setEnabled(available)

    def show_message(self, text: str, details: str = "", *, error: bool = False) -> None:
        """Show one sentence; an empty one hides the line.

        Parameters
        ----------
        text : str
            The sentence.
        details : str
            What only some want to read.
        error : bool
            Whether something went wrong.
        """
        self.message.show_message(text, details, error=error)

    def _make_inputs(self) -> QWidget:
        """Lay out what is locked during a run."""
        inputs = QWidget()
        self._inputs_layout = QFormLayout(inputs)
        self._inputs_layout.setContentsMargins(0, 0, 0, 0)
        self._inputs_layout.setVerticalSpacing(4)
        for row in (self.layers, self.axes, self.quality):
            self._inputs_layout.addRow(row)
        self._inputs_layout.addRow("Train inside", self.region)
        self._inputs_layout.addRow("Device", self.device)
        self.region.setToolTip("Learn only from inside the shapes or the labelled pixels.")
        self.device.setToolTip("Where to calculate. Automatic takes the fastest.")
        return inputs

    def _arrange(self) -> None:
        """Lay out the panel, most important first."""
        self.preview.setToolTip("Show the model's result on the region in view while it trains.")
        self.preview.setChecked(True)
        for part in (self._inputs, self.run, self.progress, self.message):
            self.column.addWidget(part)
        self.column.addWidget(self.plot, 1)
        for part in (self.preview, self.model, self.advanced):
            self.column.addWidget(part)

    def _on_form(self) -> None:
        """Lock the quality where a number of steps or minutes leaves it nothing to say."""
        given = self.form.gives_length()
        self.quality.setDisabled(given)
        self.quality.setToolTip("The advanced settings give the length." if given else "")

    def _connect(self) -> None:
        """Forward the signals of the parts."""
        self.run.train_requested.connect(self.train_requested)
        self.run.pause_requested.connect(self.pause_requested)
        self.run.stop_requested.connect(self.stop_requested)
        self.run.resume_requested.connect(self.resume_requested)
        self.run.continue_requested.connect(self.continue_requested)
        self.model.save_requested.connect(self.save_requested)
        self.model.load_requested.connect(self.load_requested)
        self.model.copy_script_requested.connect(self.copy_script_requested)
        self.model.copy_command_requested.connect(self.copy_command_requested)
        self.layers.changed.connect(self.layers_changed)
        self.axes.changed.connect(self.axes_changed)
        self.region.changed.connect(self.region_changed)
        self.form.changed.connect(self._on_form)
        for part in (self.quality, self.device, self.form):
            part.changed.connect(self.settings_changed)
        self.preview.toggled.connect(self.preview_toggled)
        self.plot.export_failed.connect(lambda text: self.show_message(text, error=True))
