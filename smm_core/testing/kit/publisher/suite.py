"""The suite for publishers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from smm_core.testing.kit.publisher.acts import Acts
from smm_core.testing.kit.publisher.belongings import Belongings
from smm_core.testing.kit.publisher.case import PublisherCase
from smm_core.testing.kit.publisher.finding import Finding
from smm_core.testing.kit.publisher.form import Form
from smm_core.testing.kit.publisher.harness import Harness
from smm_core.testing.kit.publisher.inbox import Hearing
from smm_core.testing.kit.publisher.login import LoggingIn
from smm_core.testing.kit.publisher.rendering import RenderingText
from smm_core.testing.kit.publisher.replies import Answers
from smm_core.testing.kit.publisher.secrecy import Secrecy
from smm_core.testing.kit.publisher.sending import Sending


class PublisherSuite(Form, RenderingText, Sending, Answers, Finding, Acts, Hearing, LoggingIn, Belongings, Secrecy):
    """All that is asked of a publisher. It wants a fixture `case` that gives a `PublisherCase`."""

    @pytest.fixture
    def harness(self, case: PublisherCase, tmp_path: Path) -> Iterator[Harness]:
        """The publisher before the imitation, in a folder of its own."""
        with Harness(case, tmp_path / "workspace") as harness:
            yield harness
