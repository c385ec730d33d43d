from __future__ import annotations

from hypothesis import settings

# The outcome of the suite depends on the code alone: the same examples each time, and no example
# fails because the machine is slow.
settings.register_profile("deterministic", deadline=None, derandomize=True)
settings.load_profile("deterministic")
