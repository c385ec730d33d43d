"""What can be done with a model and its settings."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QGridLayout, QPushButton, QWidget

__all__ = ["ModelButtons"]


class ModelButtons(QWidget):
    """Save the model, load one, and copy the run as a script or as a command.

    `denoise` is laid out by whoever uses this: it is the next step once there is a model, and not
    to be seen before.

    Attributes
    ----------
    denoise_requested, save_requested, load_requested, copy_script_requested, copy_command_requested
        The button was pressed.
    """

    denoise_requested = Signal()
    save_requested = Signal()
    load_requested = Signal()
    copy_script_requested = Signal()
    copy_command_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.denoise = QPushButton("Denoise", self)
        self.save = QPushButton("Save model…")
        self.load = QPushButton("Load model…")
        self.copy_script = QPushButton("Copy as script")
        self.copy_command = QPushButton("Copy as command")
        self.denoise.setToolTip("Denoise the ticked layers with this model, into new layers.")
        self.save.setToolTip(
            "Write the model to a file, to denoise other images with it later. Without a file it "
            "is lost when this window closes."
        )
        self.load.setToolTip("Read a model from a file.")
        does = "on the clipboard that trains on the ticked layers with these settings."
        self.copy_script.setToolTip(f"Put a Python script {does}")
        self.copy_command.setToolTip(f"Put a shell command {does}")
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for i, button in enumerate((self.save, self.load, self.copy_script, self.copy_command)):
            layout.addWidget(button, i // 2, i % 2)
        self.denoise.clicked.connect(self.denoise_requested)
        self.save.clicked.connect(self.save_requested)
        self.load.clicked.connect(self.load_requested)
        self.copy_script.clicked.connect(self.copy_script_requested)
        self.copy_command.clicked.connect(self.copy_command_requested)
        self.set_model(False)

    def set_model(self, there: bool) -> None:
        """Offer what needs a model.

        Parameters
        ----------
        there : bool
            Whether there is one.
        """
        self.denoise.setVisible(there)
        self.save.setEnabled(there)
