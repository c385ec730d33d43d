"""All that one cell needs, in this process or in another one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Lock
from typing import Any

from numpy.typing import NDArray

from napari_noise2same.core.array import ArrayLike, convert
from napari_noise2same.core.denoising import PieceDenoiser
from napari_noise2same.core.model import History, TrainedModel
from napari_noise2same.core.noise import Domain
from napari_noise2same.core.settings import DenoiseConfig
from napari_noise2same.core.streaming.plan import CellPlan
from napari_noise2same.core.streaming.sources import check_present

__all__ = ["CellDenoiser"]


@dataclass
class CellDenoiser:
    """Reads and denoises cells, one at a time whatever the number of threads that ask.

    A pickled one leaves its network behind, and builds it again where it is used.

    Attributes
    ----------
    source : ArrayLike or None
        The noisy image; None where pixels come with each cell.
    plan : CellPlan
        The cells.
    model : TrainedModel
        The model.
    domains : tuple of Domain
        The domain of each channel of the image.
    config : DenoiseConfig
        How to denoise.
    """

    source: ArrayLike | None
    plan: CellPlan
    model: TrainedModel
    domains: tuple[Domain, ...]
    config: DenoiseConfig
    _lock: Any = field(default_factory=Lock, init=False, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what cannot travel, and what training has left in the model."""
        model = replace(self.model, resume=None, history=History.empty())
        state = self.__dict__ | {"model": model, "_lock": None}
        state.pop("piece", None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take a lock of one's own."""
        self.__dict__.update(state, _lock=Lock())

    @cached_property
    def piece(self) -> PieceDenoiser:
        """The network on its device."""
        return PieceDenoiser(self.model, self.domains, self.config)

    def read(self, index: int) -> NDArray[Any]:
        """Read a cell with its context.

        Parameters
        ----------
        index : int
            Which cell.

        Returns
        -------
        ndarray, shape (channels, [Z,] Y, X)
            Noisy pixels.

        Raises
        ------
        FileError
            If the image is not where it was, or cannot be read.
        """
        assert self.source is not None
        check_present(self.source)
        sample, tile = self.plan.position(index)
        return self.plan.view(self.source).read(sample, tile.read)

    def denoise(self, index: int, noisy: NDArray[Any]) -> NDArray[Any]:
        """Denoise a cell.

        Parameters
        ----------
        index : int
            Which cell.
        noisy : ndarray, shape (channels, [Z,] Y, X)
            What `read` has returned.

        Returns
        -------
        ndarray, shape (channels, [Z,] Y, X)
            The cell without its context, in the type of the result.
        """
        inner = self.plan.position(index)[1].inner
        with self._lock:
            values = self.piece.denoise(noisy, self.plan.channels(index), inner)
        return values if self.plan.dtype == values.dtype else convert(values, self.plan.dtype)
