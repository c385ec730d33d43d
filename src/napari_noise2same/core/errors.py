"""The one error tree: every error that a user can cause or meet is a `Noise2SameError`.

Each message is one sentence that says what was expected, what was found and what to do, so that a
dock, a terminal or a script can show it as it is.
"""

from __future__ import annotations

__all__ = [
    "AxesError",
    "ConfigurationError",
    "DeviceError",
    "FileError",
    "ImageError",
    "MissingDependencyError",
    "ModelFileError",
    "Noise2SameError",
    "StoppedError",
    "TakenError",
    "TrainingError",
    "UnreadableError",
]


class Noise2SameError(Exception):
    """Base of every error that this package raises on purpose."""


class ConfigurationError(Noise2SameError, ValueError):
    """A setting that cannot work, alone or with another one."""


class ImageError(Noise2SameError, ValueError):
    """An image that cannot be trained on or denoised."""


class AxesError(ImageError):
    """An axes string that does not describe the array."""


class FileError(Noise2SameError, OSError):
    """A file that cannot be read or written."""


class TakenError(FileError):
    """A name for a result that something else has: another name would do."""


class UnreadableError(FileError):
    """One of several images whose pixels cannot be read.

    Parameters
    ----------
    sentence : str
        What is wrong.
    image : int
        Which of the images.
    """

    def __init__(self, sentence: str, image: int = 0) -> None:
        super().__init__(sentence)
        self.image = image


class ModelFileError(FileError):
    """A file that is not a usable model."""


class MissingDependencyError(Noise2SameError, ImportError):
    """An optional package that is needed and not installed."""


class DeviceError(Noise2SameError):
    """A device that is not there, or whose memory does not suffice.

    Not a `RuntimeError` on purpose: Qt generator workers swallow those.
    """


class TrainingError(Noise2SameError):
    """Training that cannot go on."""


class StoppedError(Noise2SameError):
    """Work that was told to stop before it has come to anything."""
