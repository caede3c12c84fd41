"""Rules about what a plugin does when it is loaded."""

from __future__ import annotations

from smm_core.quality.candidate import Candidate
from smm_core.quality.trial import SLOW

HEAVY = frozenset(
    [
        "PIL",
        "aiohttp",
        "apscheduler",
        "boto3",
        "bs4",
        "cryptography",
        "feedparser",
        "google",
        "googleapiclient",
        "httpx",
        "jinja2",
        "lxml",
        "matplotlib",
        "numpy",
        "pandas",
        "playwright",
        "pydantic",
        "requests",
        "rich",
        "scipy",
        "selenium",
        "sqlalchemy",
        "sqlite_utils",
        "tkinter",
        "torch",
        "tweepy",
        "urllib3",
        "yaml",
    ]
)
"""Libraries that cost more to load than a whole command of smm may take."""


def loads(candidate: Candidate) -> list[str]:
    """It works here, and in a process of its own as well."""
    error = candidate.loaded.error or candidate.trial.error
    return [error] if error else []


def quiet_import(candidate: Candidate) -> list[str]:
    """Nothing outside is touched, and nothing printed."""
    trial = candidate.trial
    return [*trial.touched, *([f"prints: {trial.printed[:80]}"] if trial.printed.strip() else [])]


def light_import(candidate: Candidate) -> list[str]:
    """Neither heavy nor slow."""
    trial = candidate.trial
    heavy = [f"loads {name}; import it inside the functions that use it" for name in trial.loaded if name in HEAVY]
    slow = [f"takes {trial.seconds:.1f} s of processor time"] if trial.seconds > SLOW else []
    return heavy + slow


def up_to_date(candidate: Candidate) -> list[str]:
    """Hooks, abilities and settings that go away; what it reads of requests is noticed while it runs."""
    return list(candidate.loaded.deprecated)
