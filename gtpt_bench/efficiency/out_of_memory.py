"""Whether a call failed for want of memory, of the GPU or of the machine. Torch-free."""

from __future__ import annotations

_NO_MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "alloc_failed")
"""What allocators say, CUDA's libraries and the processor's included, in small letters."""


def is_out_of_memory(error: BaseException) -> bool:
    words = str(error).lower()
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(phrase in words for phrase in _NO_MEMORY)
    )
