"""What holds for plugins of every family: importing and registering cost nothing, and settings explain themselves."""

from __future__ import annotations

import dataclasses
from typing import Any, get_args, get_type_hints

from smm_core.config.mistakes import is_secret_key
from smm_core.quality.trial import Trial, try_import
from smm_core.secrets import Secret


def check_importing(module: str) -> Trial:
    """Fail unless a module can be imported and asked for what it offers without touching or printing anything."""
    trial = try_import(module)
    assert not trial.error, f"importing {module} and calling its hooks failed: {trial.error}"
    assert not trial.touched, f"importing {module} and calling its hooks {', '.join(trial.touched)}"
    assert not trial.printed.strip(), f"importing {module} and calling its hooks prints {trial.printed[:80]!r}"
    return trial


def check_importing_of(kind: type) -> None:
    """The same for the package that a class is from."""
    check_importing(kind.__module__.partition(".")[0])


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
