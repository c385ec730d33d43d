"""Where to save a file."""

from __future__ import annotations

from qtpy.QtWidgets import QFileDialog, QWidget

__all__ = ["ask_where_to_save"]


def ask_where_to_save(parent: QWidget, title: str, kind: str, ending: str, name: str) -> str:
    """Let the user choose where to write a file.

    Parameters
    ----------
    parent : QWidget
        Over which window to ask.
    title : str
        Title of the dialog.
    kind : str
        What files of that ending are, such as ``"Pictures"``.
    ending : str
        Ending of the file, such as ``"png"``; added where the user leaves it out.
    name : str
        What to call the file, if nothing else is entered.

    Returns
    -------
    str
        The file; nothing if the user has cancelled.
    """
    dialog = QFileDialog(parent, title, "", f"{kind} (*.{ending})")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    # The dialog itself must know it, to ask before it replaces a file.
    dialog.setDefaultSuffix(ending)
    dialog.selectFile(name)
    path = dialog.selectedFiles()[0] if dialog.exec() else ""
    dialog.deleteLater()
    return path
