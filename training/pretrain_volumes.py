"""Train the network for volumes and movies that the package ships, from the one for images.

python training/pretrain_volumes.py --start FOLDER/weights.safetensors --output OTHER --steps 9000

It begins as the network for images, plane by plane, or at earlier weights for volumes.
"""

from __future__ import annotations

import numpy as np
from pretrain import NETWORK, Pool, Pretraining, load, parse_options
from torch import Tensor
from volumes import draw_volume

# One block at each level: volumes take long enough.
NETWORK_3D = NETWORK.model_copy(update={"spatial_dims": 3, "blocks": 1})

_PLANES, _SIDE = 8, 64


class VolumePool(Pool):
    """Volumes and movies made of the latest generated scenes."""

    shown = 4

    def view(self, rng: np.random.Generator) -> np.ndarray:
        """Make a volume of some scenes."""
        return draw_volume(self.scenes, _PLANES, _SIDE, rng)


class VolumePretraining(Pretraining):
    """Training of the network for volumes."""

    config = NETWORK_3D


def inflate(kernel: Tensor) -> Tensor:
    """Put a kernel for planes into the middle of one for volumes.

    Parameters
    ----------
    kernel : Tensor, shape (outputs, inputs, [Z,] Y, X)
        The kernel; those of 1 × 1 and of strides stay flat, one for volumes as it is.

    Returns
    -------
    Tensor, shape (outputs, inputs, 3 or 1, Y, X)
        Zero outside its middle plane.
    """
    if kernel.ndim == 5:
        return kernel
    depth = 3 if kernel.shape[-1] == 3 else 1
    volume = kernel.new_zeros((*kernel.shape[:2], depth, *kernel.shape[2:]))
    volume[:, :, depth // 2] = kernel
    return volume


def main() -> None:
    """Run the program."""
    options = parse_options(__doc__.partition("\n")[0], batch=4)
    start = None
    if options.start is not None:
        start = {name: inflate(kernel) for name, kernel in options.start.items()}
    training = VolumePretraining(options, start)
    training.run(load(VolumePool, options, training.step))


if __name__ == "__main__":
    main()
