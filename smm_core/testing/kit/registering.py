"""What holds for plugins of every family: importing and registering cost nothing, and settings explain themselves."""

from __future__ import annotations

import dataclasses
from typing import Any, get_args, get_type_hints

from smm_core.config.mistakes import is_secret_key
from smm_core.secrets import Secret
from smm_core.testing.kit.loading import load


def touched_by(kind: type) -> tuple[str, ...]:
    """What it touches to import the package of a class and to ask its hooks, in a process of its own."""
    return load(kind.__module__.partition(".")[0]).touched


def check_settings(kind: type) -> None:
    """Fail unless the settings are a frozen dataclass whose fields have help, and secrets are typed as such."""
    assert dataclasses.is_dataclass(kind), f"{kind.__name__} is no dataclass"
    parameters: Any = getattr(kind, "__dataclass_params__")  # noqa: B009 - typeshed does not know it
    assert parameters.frozen, f"write @dataclass(frozen=True, kw_only=True, slots=True) above {kind.__name__}"
    hints = get_type_hints(kind)
    for field in dataclasses.fields(kind):
        where = f"{kind.__name__}.{field.name}"
        assert str(field.metadata.get("help", "")).strip(), (
            f'{where} has no help: field(metadata={{"help": "What it is for."}}) is what a person is asked and told'
        )
        if is_secret_key((field.name,)):
            assert Secret in (hints[field.name], *get_args(hints[field.name])), (
                f"{where} is named like a secret: annotate it `Secret`, so that it is a reference and never prints"
            )
