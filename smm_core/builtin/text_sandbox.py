"""The Jinja2 sandbox of the text template. Imported when a template is rendered, not before.

Plain text, so nothing is escaped as HTML. What a template asks for and does not exist is an error, never an empty place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from traceback import walk_tb
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateRuntimeError, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import missing

from smm_core.content.front_matter import nearest
from smm_core.text import graphemes

NAMES = ("idea", "brand", "fields", "client", "language")
LARGEST_OUTPUT = 100_000
LONGEST_RANGE = 1_000
_FRAME = "<template>"


class TemplateMistake(Exception):
    """What is wrong in a template; `line` counts from 1 within its source."""

    def __init__(self, message: str, *, line: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.hint = hint


class Absent(StrictUndefined):
    """Something that is not there. Used anywhere but in `is defined` or `default(…)`, it is an error that names it."""

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: type[TemplateRuntimeError] = UndefinedError,
    ) -> None:
        super().__init__(hint or _say_absent(obj, name), obj, name, exc)


def _say_absent(obj: Any, name: str | None) -> str:
    if obj is missing:
        return f"there is no variable {name}; there are " + ", ".join(NAMES)
    if isinstance(obj, Mapping):
        return f"there is no {name} here; there are {', '.join(sorted(map(str, obj))) or 'none at all'}"
    names = getattr(type(obj), "__slots__", ())
    return f"there is no {name} here; {nearest(str(name), names)}" if names else f"a {type(obj).__name__} has no {name}"


class Sandbox(SandboxedEnvironment):
    """An environment without names of Python's own, without long loops and without huge texts."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, finalize: Callable[[Any], Any] | None = None) -> None:
        super().__init__(undefined=Absent, finalize=finalize, autoescape=False, keep_trailing_newline=True)
        self.globals = {"range": _short_range}
        self.filters["shorten"] = shorten
        self.filters["hashtag"] = hashtag

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Sums as usual; texts and lists cannot be multiplied or filled up, and numbers not be raised to powers."""
        if operator == "**" or not isinstance(left, int | float) or not isinstance(right, int | float):
            raise SecurityError(f"{operator} is only for numbers" if operator != "**" else "** is not available")
        return super().call_binop(context, operator, left, right)


def _short_range(*bounds: int) -> range:
    found = range(*bounds)
    if len(found) > LONGEST_RANGE:
        raise SecurityError(f"a range of {len(found)} is longer than {LONGEST_RANGE}")
    return found


def shorten(text: object, most: int) -> str:
    """At most `most` graphemes of the text, cut between words, with `…` where something is left out."""
    pieces = graphemes(" ".join(str(text).split()))
    if len(pieces) <= most:
        return "".join(pieces)
    kept = pieces[: max(most - 1, 0)]
    whole_words = "".join(kept) if pieces[len(kept)] == " " else "".join(kept).rpartition(" ")[0]
    return (whole_words or "".join(kept)).rstrip(" ,;:.–-") + "…"


def hashtag(text: object) -> str:
    """The text as one hashtag with a capital at every word, so that screen readers can tell them apart."""
    cleaned = "".join(character if character.isalnum() or character == "_" else " " for character in str(text))
    words = cleaned.split()
    tag = words[0] if len(words) == 1 else "".join(word[:1].upper() + word[1:] for word in words)
    return f"#{tag}" if tag else ""


def render(environment: Sandbox, source: str, names: Mapping[str, object]) -> str:
    """The rendered text; whatever goes wrong is a `TemplateMistake` with its line."""
    try:
        return _bounded(environment.from_string(source), names)
    except TemplateSyntaxError as error:
        raise TemplateMistake(error.message or "this is no template", line=error.lineno) from None
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise TemplateMistake(str(error), line=_line_of(error)) from None
    except RecursionError:
        raise TemplateMistake("the template calls itself without end", line=1) from None


def _bounded(template: Template, names: Mapping[str, object]) -> str:
    pieces, size = [], 0
    for piece in template.generate(names):
        size += len(piece)
        if size > LARGEST_OUTPUT:
            raise SecurityError(f"the text grows beyond {LARGEST_OUTPUT:,} characters")
        pieces.append(piece)
    return "".join(pieces)


def _line_of(error: BaseException) -> int:
    """The line of the template at which an error came up: Jinja2 puts its own lines into the traceback."""
    lines = [line for frame, line in walk_tb(error.__traceback__) if frame.f_code.co_filename == _FRAME]
    return lines[-1] if lines else 1
