"""Tells when one stage of a running model gives way to another, whichever way its modules are entered.

Forward hooks would miss a module's other methods (`attention.with_logits`, `layer.fed_forward`), by which the encoder
of a GTPT runs parts of its layers. So every public method of every module is watched for a while.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from gtpt_bench.efficiency.explain.stage_map import StageMap
from gtpt_bench.errors import InputError


@contextmanager
def stage_marks(model: nn.Module, stages: StageMap, told: Callable[[str | None], None]) -> Iterator[None]:
    """While active, `told` hears the label of what runs from now on, at each change; it begins with None.

    The innermost module decides, a holder's own doings are None (`StageMap.label`). The model's modules get their
    watched methods as attributes of their own and lose them at the end, also after an error.

    Raises:
        InputError: the model is compiled: there are no modules any more to be watched.
    """
    if hasattr(model, "_orig_mod"):
        raise InputError("a compiled model has no stages to be told apart; explain the model before it is compiled")
    told = _Changes(told)
    watched: list[tuple[nn.Module, dict[str, Any]]] = []
    try:
        for path, module in model.named_modules():
            if path not in stages.holders:
                watched.append((module, _watch(module, stages.label(path), told)))
        yield
    finally:
        for module, before in watched:
            for name in before:
                del module.__dict__[name]
            module.__dict__.update({name: method for name, method in before.items() if method is not None})


class _Changes:
    """The label of what runs now."""

    def __init__(self, told: Callable[[str | None], None]) -> None:
        self.told = told
        self.label: str | None = None

    def __call__(self, label: str | None) -> None:
        self.label = label
        self.told(label)


def _watch(module: nn.Module, label: str | None, changes: _Changes) -> dict[str, Any]:
    """Put watched methods before the module's own; what the module itself had under these names, None for nothing."""
    methods = {name: getattr(module, name) for name in _entries(type(module))}
    before = {name: module.__dict__.get(name) for name in methods}
    module.__dict__.update({name: _watched(method, label, changes) for name, method in methods.items()})
    return before


def _watched(method: Callable[..., Any], label: str | None, changes: _Changes) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        outside = changes.label
        if outside == label:
            return method(*args, **kwargs)
        changes(label)
        try:
            return method(*args, **kwargs)
        finally:
            changes(outside)

    return call


def _entries(module_class: type[nn.Module]) -> set[str]:
    """Names of `forward`, if there is one, and of the public methods that torch's own classes do not have."""
    names = {"forward"} if module_class.forward is not nn.Module.forward else set()
    for base in module_class.__mro__:
        if not base.__module__.startswith("torch."):
            names |= {name for name, value in vars(base).items() if inspect.isfunction(value) and name[0] != "_"}
    return names
