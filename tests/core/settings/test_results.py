from __future__ import annotations

import pytest

from napari_noise2same.core.settings import check_scheduler_name


@pytest.mark.parametrize(
    "name",
    [
        "threads",
        "local:3",
        "tcp://host:8786",
        "tls://10.0.0.7:8786",
        "tcp://[::1]:8786",
        "wss://my-cluster.lab.org:443",
        "inproc://10.0.0.7/12/1",
    ],
)
def test_schedulers_and_addresses_that_dask_knows_are_taken(name: str) -> None:
    assert check_scheduler_name(name) == name
