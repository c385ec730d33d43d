"""Train the network for volumes and movies that the package ships, from the one for images.

python training/pretrain_volumes.py --start FOLDER/weights.safetensors --output OTHER --steps 9000

It begins as the network for images, plane by plane, and learns to look at neighbouring planes. What
it knows of a plane by itself it changes slowly.
"""

from __future__ import annotations

import numpy as np
import torch
from noise import observe
from pretrain import NETWORK, Pool, Pretraining, parse_options
from torch import Tensor
from volumes import draw_volume

# One block at each level: volumes take long enough.
NETWORK_3D = NETWORK.model_copy(update={"spatial_dims": 3, "blocks": 1})

_PLANES, _SIDE, _BATCH = 8, 64, 4
# Rate of the weights within a plane, relative to those that lead to its neighbours.
_WITHIN = 0.1


class VolumePool(Pool):
    """Volumes and movies made of the latest generated scenes."""

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Draw new scenes, make volumes of some, and take noisy pictures of them.

        Parameters
        ----------
        step : int
            Number of the step.

        Returns
        -------
        noisy, clean : Tensor, shape (batch, 1, planes, side, side)
            In units of the noise.
        """
        self.renew()
        rng = np.random.default_rng((self.seed, 1, step))
        volumes = [draw_volume(self.scenes, _PLANES, _SIDE, rng) for _ in range(_BATCH)]
        pairs = [observe(volume, rng) for volume in volumes]
        noisy, clean = (
            torch.from_numpy(np.stack(images))[:, None] for images in zip(*pairs, strict=True)
        )
        return noisy, clean


class VolumePretraining(Pretraining):
    """Training that leaves what is known of a plane nearly as it is."""

    config, rate, warm_up = NETWORK_3D, 1e-3, 50

    def update(self) -> None:
        """Change the weights, those within a plane by less."""
        before = [weight.detach().clone() for weight in self.network.parameters()]
        super().update()
        with torch.no_grad():
            for weight, old in zip(self.network.parameters(), before, strict=True):
                middle = weight.shape[2] // 2
                weight[:, :, middle] = old[:, :, middle].lerp(weight[:, :, middle], _WITHIN)


def inflate(kernel: Tensor) -> Tensor:
    """Put a kernel for planes into the middle of one for volumes.

    Parameters
    ----------
    kernel : Tensor, shape (outputs, inputs, Y, X)
        The kernel; those of 1 × 1 and of strides stay flat.

    Returns
    -------
    Tensor, shape (outputs, inputs, 3 or 1, Y, X)
        Zero outside its middle plane.
    """
    depth = 3 if kernel.shape[-1] == 3 else 1
    volume = kernel.new_zeros((*kernel.shape[:2], depth, *kernel.shape[2:]))
    volume[:, :, depth // 2] = kernel
    return volume


def main() -> None:
    """Run the program."""
    options = parse_options(__doc__.partition("\n")[0])
    start = None
    if options.start is not None:
        start = {name: inflate(kernel) for name, kernel in options.start.items()}
    training = VolumePretraining(options.output, options.steps, options.seed, start)
    training.run(VolumePool(options.seed, training.step))


if __name__ == "__main__":
    main()
