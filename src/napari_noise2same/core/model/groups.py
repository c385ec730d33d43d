"""Groups of tensors under one name each, as they stand in a file."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

__all__ = ["join_groups", "members"]


def join_groups(groups: Mapping[str, Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Copy groups of tensors to the CPU, side by side.

    Parameters
    ----------
    groups : mapping of str to mapping of str to Tensor
        Tensors by group and name.

    Returns
    -------
    dict of str to Tensor
        Tensors by ``"group.name"``.
    """
    return {
        f"{group}.{name}": tensor.detach().cpu().clone()
        for group, tensors in groups.items()
        for name, tensor in tensors.items()
    }


def members(tensors: Mapping[str, Tensor], group: str) -> dict[str, Tensor]:
    """Take a group out again.

    Parameters
    ----------
    tensors : mapping of str to Tensor
        What `join_groups` has returned.
    group : str
        Its name.

    Returns
    -------
    dict of str to Tensor
        Its tensors by name.
    """
    prefix = f"{group}."
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
