"""The 3D view while torch is being loaded."""

from __future__ import annotations

from contextlib import suppress

__all__ = ["keep_3d_view_apart"]


def keep_3d_view_apart() -> None:
    """Let the camera of the 3D view turn while torch is loading; called before that begins.

    With each turn SciPy asks whether what it is given is a tensor, by ``torch.Tensor`` as soon as
    there is a torch among the modules, which for the seconds that it loads has no such thing: the
    view would stay half changed. SciPy remembers its answers, so that it has to be asked earlier.
    """
    from scipy.spatial.transform import Rotation

    # Somebody else may be loading torch right now: then it is too late.
    with suppress(AttributeError):
        # As napari's camera does it, there and back.
        Rotation.from_matrix(Rotation.from_quat([0.0, 0.0, 0.0, 1.0]).as_matrix())
