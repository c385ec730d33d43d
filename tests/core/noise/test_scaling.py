from __future__ import annotations

import numpy as np
import pytest

from napari_noise2same.core.noise import (
    Domain,
    PoissonGaussian,
    fit_domain,
    noise_level,
    with_sigma,
)

SHOT = Domain(10.0, 4.0, 0.25, PoissonGaussian(gain=2.0, readout=9.0, offset=100.0))
WHITE = Domain(50.0, 8.0, 0.5)


def test_the_noise_is_as_strong_as_its_model_says() -> None:
    np.testing.assert_allclose(noise_level(SHOT, [100, 108]), [3, 5])
    np.testing.assert_allclose(noise_level(WHITE, [[0, 1], [2, 3]]), [[4, 4], [4, 4]])


@pytest.mark.parametrize("gain", [0.2, 40.0])
@pytest.mark.parametrize("kind", ["stabilised", "linear"])
def test_noise_of_any_gain_gets_the_strength_asked_for(gain: float, kind: str) -> None:
    rng = np.random.default_rng(0)
    flat = gain * rng.poisson(40.0, (128, 128))
    domain = with_sigma(fit_domain(flat, kind), 0.3)  # type: ignore[arg-type]
    assert domain.sigma == 0.3
    assert domain.forward(flat).std() == pytest.approx(0.3, rel=0.1)
    image = gain * 40.0
    assert domain.inverse(domain.forward(np.array([image])))[0] == pytest.approx(image, rel=0.02)


def test_what_is_known_of_detail_is_scaled_too() -> None:
    domain = with_sigma(Domain(50.0, 8.0, 0.1, detail=0.12), 0.3)
    assert domain.detail == pytest.approx(0.36)
    assert with_sigma(WHITE, 0.3).detail is None


@pytest.mark.parametrize(
    ("domain", "sigma"), [(SHOT, 0.0), (WHITE, 0.0), (Domain(1.0, 2.0, 0.0), 0.5)]
)
def test_without_noise_there_is_nothing_to_go_by(domain: Domain, sigma: float) -> None:
    assert with_sigma(domain, sigma) == domain
