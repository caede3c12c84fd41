"""Every error of smm, by what one can do about it.

::

    SmmError                      a person can read it; the CLI prints it as one line
    ├── ConfigError               smm.toml, a brand book or a setting: names file, key, what would be right
    │   └── ConfigErrors          all mistakes of one reading, one a line
    ├── ContentError              a post or idea file: names file and line
    ├── MediaError                a picture that cannot be used
    ├── StoreError                the database: newer version, restored copy, full disk
    ├── WorkspaceError            no workspace here, read-only, or held by another daemon
    ├── NotFound                  no such post, idea, profile …; names the nearest
    ├── TooLate                   the thing was already sent, or is being sent
    │   └── Repeated              the same answer came before; it counts once
    ├── NotAllowed                this person may not say that
    ├── BadLink                   a link that proves nothing (any more); never says why
    ├── SecretError               a reference to a secret that leads nowhere
    ├── FetchError                an address that could not or must not be fetched
    └── PluginError               a plugin did something wrong: raised, hung, wrong type
        ├── Rejected              the platform refused this content; trying again would not help
        ├── TryLater              surely not accepted; may be tried again after `after`
        ├── NeedsLogin            the profile's credentials no longer hold
        └── OutcomeUnknown        sent, but no clear answer came back

Publishers raise the last four. What else a plugin raises is wrapped in a PluginError that names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta


class SmmError(Exception):
    """What went wrong, and in `hint` what to do next. `str()` is one line without a traceback."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ConfigError(SmmError):
    """A mistake in a configuration file. `where` reads like `smm.toml:12 [profiles.acme] slots`."""

    def __init__(self, message: str, *, where: str, hint: str = "") -> None:
        super().__init__(f"{where}: {message}", hint=hint)
        self.where = where


class ConfigErrors(ConfigError):
    """All mistakes that one reading of the configuration found: `str()` has one a line, `mistakes` has them one by one."""

    def __init__(self, mistakes: Sequence[ConfigError]) -> None:
        SmmError.__init__(self, "\n".join(str(mistake) for mistake in mistakes))
        self.where = mistakes[0].where
        self.mistakes = tuple(mistakes)


class ContentError(SmmError):
    """A post or idea file that cannot be read as one. `where` names the file and, where known, the line."""

    def __init__(self, message: str, *, where: str, hint: str = "") -> None:
        super().__init__(f"{where}: {message}", hint=hint)
        self.where = where


class MediaError(SmmError):
    """A picture that is broken, too large, of a format that is not allowed, or missing."""


class StoreError(SmmError):
    """The database cannot be used as it is."""


class WorkspaceError(SmmError):
    """There is no usable workspace: none here, read-only, or held by another daemon."""


class NotFound(SmmError):
    """Nothing of that name or number; the hint names the nearest."""


class TooLate(SmmError):
    """The change lost the race against publishing."""


class Repeated(TooLate):
    """The same answer was heard before, by its `once`. It counted then, and changes nothing now."""


class NotAllowed(SmmError):
    """This person may not answer here: another is asked, it is their own post, or it is not their client's."""


class BadLink(SmmError):
    """A link is forged, expired, revoked, or of another workspace. All of these read alike, so that nobody learns from it."""

    def __init__(self) -> None:
        super().__init__("this link does not hold", hint="ask whoever sent it for a new one")


class SecretError(SmmError):
    """A reference to a secret leads nowhere. Never holds the secret."""


class FetchError(SmmError):
    """An address could not be fetched, or must not be (private address, too large, too slow)."""


class PluginError(SmmError):
    """A plugin did something wrong. `plugin` and `method` say which and where."""

    def __init__(self, message: str, *, plugin: str = "", method: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.plugin = plugin
        self.method = method


class Rejected(PluginError):
    """The platform refused this content for good. The message is the platform's own words."""


class TryLater(PluginError):
    """Surely not accepted: it may be sent again, not before `after` (a duration from now)."""

    def __init__(self, message: str, *, after: timedelta | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.after = after


class NeedsLogin(PluginError):
    """The profile's login expired or was revoked. Core pauses the profile; its deliveries wait."""


class OutcomeUnknown(PluginError):
    """A request left and no clear answer came. Core never sends it again by itself."""


def did_you_mean(word: str, known: Iterable[str], otherwise: str | None = None) -> str:
    """The hint for a name that is not among those that are known: the nearest of them, else `otherwise` or all there are."""
    import difflib

    names = list(known)
    near = difflib.get_close_matches(word, names, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"there are: {', '.join(sorted(names)) or 'none'}" if otherwise is None else otherwise
