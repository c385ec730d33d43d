"""Buttons that start, pause, stop and prolong a training run."""

from __future__ import annotations

from enum import Enum

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from napari_noise2same.widgets.quiet_wheel import ignore_wheel

__all__ = ["RunButtons", "RunState"]


class RunState(Enum):
    """What a training run is doing."""

    IDLE = "idle"
    PREPARING = "preparing"
    TRAINING = "training"
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"

    @property
    def busy(self) -> bool:
        """Whether a run is on."""
        return self in {RunState.PREPARING, RunState.TRAINING, RunState.PAUSED}


_CAN_RESUME = {RunState.PAUSED, RunState.STOPPED}
_OVER = {RunState.STOPPED, RunState.FINISHED}
_DEFAULT_STEPS = 500


class RunButtons(QWidget):
    """Train, Pause or Resume, Stop, Continue: only what makes sense now can be pressed.

    Attributes
    ----------
    train_requested, pause_requested, stop_requested, resume_requested
        The button was pressed. Resume goes on with a paused run or with a stopped one.
    continue_requested : int
        Train so many steps more.
    """

    train_requested = Signal()
    pause_requested = Signal()
    stop_requested = Signal()
    resume_requested = Signal()
    continue_requested = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.train = _button("Train", "Train a model on the ticked layers.")
        self.pause = _button("Pause", "Hold the run; Resume goes on exactly where it was.")
        self.resume = _button("Resume", "Go on with the planned steps.")
        self.stop = _button("Stop", "End the run now and keep the best model so far.")
        self.proceed = _button("Continue", "Train the model for more steps, on the same images.")
        self.more_steps = _steps_box()
        self._state = RunState.IDLE
        self._arrange()
        self._connect()
        self.set_state(RunState.IDLE)

    def state(self) -> RunState:
        """Return what the run is doing, as far as the buttons know."""
        return self._state

    def set_state(self, state: RunState) -> None:
        """Show what can be done in a state.

        Parameters
        ----------
        state : RunState
            What the run is doing.
        """
        self._state = state
        self.train.setEnabled(not state.busy)
        self.pause.setEnabled(state is RunState.TRAINING)
        self.pause.setVisible(state not in _CAN_RESUME)
        self.resume.setVisible(state in _CAN_RESUME)
        self.stop.setEnabled(state.busy)
        self._more.setVisible(state in _OVER)

    def _arrange(self) -> None:
        """Lay out two rows: the run, and more of it."""
        row = QHBoxLayout()
        for button in (self.train, self.pause, self.resume, self.stop):
            row.addWidget(button, 1)
        self._more = QWidget()
        more = QHBoxLayout(self._more)
        more.setContentsMargins(0, 0, 0, 0)
        more.addWidget(self.proceed, 1)
        more.addWidget(QLabel("for"))
        more.addWidget(self.more_steps, 1)
        more.addWidget(QLabel("more steps"), 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self._more)

    def _connect(self) -> None:
        """Forward the clicks."""
        self.train.clicked.connect(self.train_requested)
        self.pause.clicked.connect(self.pause_requested)
        self.resume.clicked.connect(self.resume_requested)
        self.stop.clicked.connect(self.stop_requested)
        self.proceed.clicked.connect(lambda: self.continue_requested.emit(self.more_steps.value()))


def _button(text: str, tooltip: str) -> QPushButton:
    """Make a button."""
    button = QPushButton(text)
    button.setToolTip(tooltip)
    return button


def _steps_box() -> QSpinBox:
    """Make the box for the number of further steps."""
    box = QSpinBox()
    box.setRange(1, 1_000_000)
    box.setSingleStep(100)
    box.setValue(_DEFAULT_STEPS)
    box.setToolTip("Number of further steps.")
    ignore_wheel(box)
    return box
