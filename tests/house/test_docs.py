"""The documentation is true: generated pages are up to date, examples run, every hook and argument is described."""

from __future__ import annotations

import dataclasses
import importlib.util
import inspect
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

import pytest

from smm_core import contracts, hookspecs
from smm_core.model import Event

sys.path.insert(0, str(Path(__file__).parent))
