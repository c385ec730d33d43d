"""What the denoise dock says about the size of results before they are made."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import psutil
from qtpy.QtCore import QObject

from napari_noise2same._napari.denoise_jobs import LayerJob
from napari_noise2same._napari.worker import Worker
from napari_noise2same.core.sizes import format_bytes
from napari_noise2same.widgets import ResultForm

__all__ = ["ResultAdvice"]

# A result may take this share of the memory that is free: napari and the network need some too.
_SHARE = 1 / 3
# Smaller results need no more exact bound, which would read 0.0 MB.
_LEAST = 100_000


class ResultAdvice(QObject):
    """Switches a form to a folder where memory does not suffice, and says what a folder needs.

    Parameters
    ----------
    form : ResultForm
        The view.
    """

    def __init__(self, form: ResultForm) -> None:
        super().__init__()
        self._form = form
        self._sizes: list[tuple[str, int]] = []
        self._asked: Path | None = None
        self._free: int | None = None
        self._reason = ""
        self._look: Worker | None = None

    def show(self, jobs: Sequence[LayerJob]) -> None:
        """Say what is to be known about jobs.

        Parameters
        ----------
        jobs : sequence of LayerJob
            What would be done now; nothing if that is not possible.
        """
        needed, free = sum(job.memory for job in jobs), psutil.virtual_memory().available
        fits = needed <= free * _SHARE
        self._reason = "" if fits else _too_large(needed, free)
        self._form.set_too_large(not fits)
        self._form.set_default_folder(_default_folder(jobs))
        self._sizes = [(job.path.name, job.disk) for job in jobs]
        if jobs and self._form.in_folder():
            self._ask(jobs[0].path.parent)
        self._show_note()

    def close(self) -> None:
        """Wait for nothing; safe to call when the form is gone."""
        if self._look is not None:
            self._look.leave()
            self._look = None

    def _ask(self, folder: Path) -> None:
        """Find out how much space there is, in a thread: disks may be far away."""
        if folder == self._asked:
            return
        self.close()
        self._asked, self._free = folder, None
        self._look = Worker(lambda _stop: iter([_free_space(folder)]))
        self._look.events.connect(self._on_free)

    def _on_free(self, events: list[int | None]) -> None:
        """Show it."""
        self._free = events[-1]
        self._show_note()

    def _show_note(self) -> None:
        """Say it in few words."""
        parts = [self._reason] if self._reason else []
        if self._sizes and self._form.in_folder():
            parts.append(_needed(self._sizes, self._free))
        self._form.set_note("\n".join(parts))


def _too_large(needed: int, free: int) -> str:
    """Say why a folder is better."""
    return (
        f"The result takes {format_bytes(needed)}, more than a third of the {format_bytes(free)} "
        "of memory that are free: let it go into a folder."
    )


def _needed(sizes: Sequence[tuple[str, int]], free: int | None) -> str:
    """Say what the results need, and whether that is there."""
    needed = max(sum(size for _, size in sizes), _LEAST)
    name = sizes[0][0] if len(sizes) == 1 else f"{len(sizes)} results"
    if free is None:
        return f"{name}: up to {format_bytes(needed)}."
    if needed > free:
        return (
            f"⚠ {name}: up to {format_bytes(needed)}, but only {format_bytes(free)} are free there."
        )
    return f"{name}: up to {format_bytes(needed)}, {format_bytes(free)} are free there."


def _free_space(folder: Path) -> int | None:
    """Return the free space of the disk that a folder is on, or will be; None if unknown."""
    for path in (folder, *folder.parents):
        if path.exists():
            return shutil.disk_usage(path).free
    return None


def _default_folder(jobs: Sequence[LayerJob]) -> str:
    """Return where the results go if no folder is chosen, where that is one folder."""
    folders = {str(job.path.parent) for job in jobs}
    return folders.pop() if len(folders) == 1 else "beside the images"
