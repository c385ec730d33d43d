"""The domains in which an image is denoised: the model's, or its own."""

from __future__ import annotations

from napari_noise2same.core.array import ImageView
from napari_noise2same.core.errors import ImageError
from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.noise import Domain, DomainKind
from napari_noise2same.core.sampling import fit_image_domains, load_blocks, take_apart
from napari_noise2same.core.settings import DenoiseConfig

__all__ = ["domains_for"]

# Most pixels of the image, all channels together, to which its noise is fitted.
_PIXELS = 2048**2


def domains_for(view: ImageView, model: TrainedModel, config: DenoiseConfig) -> tuple[Domain, ...]:
    """Return a domain for each channel of an image.

    Parameters
    ----------
    view : ImageView
        The image. It is read only where a domain is fitted to it, and then at most four million
        pixels of it, evenly spread and always the same ones.
    model : TrainedModel
        The model.
    config : DenoiseConfig
        Whether to take the model's noise, or the image's.

    Returns
    -------
    tuple of Domain
        The model's, or those fitted to the image, in which its noise is as strong as the network
        is used to. A constant channel has one in which it is 0.

    Raises
    ------
    AxesError
        If the model was trained on another number of channels.
    ImageError
        If a domain is to be fitted to pixels that single precision cannot hold.
    """
    domains = model.domains_for(view.n_channels)
    if "image" not in (model.noise, config.noise):
        return domains
    try:
        blocks = load_blocks([view], _PIXELS, seed=0)
    except ImageError:
        # There is nothing to denoise without a finite pixel.
        return domains
    stabilised = any(domain.kind == "stabilised" for domain in domains)
    blocks = take_apart(blocks, model.noise_distance)
    kind: DomainKind = "stabilised" if stabilised else "linear"
    return fit_image_domains(blocks, kind, like=domains).of(0)
