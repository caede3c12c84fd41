"""The conformance kit: a plugin's tests are a fixture that describes it, and a class that names a suite.

::

    @pytest.fixture
    def case() -> Iterator[PublisherCase]: ...


    class TestPublisher(PublisherSuite):
        pass
"""

from smm_core.testing.kit.approvers import ApproverCase, ApproverSuite, Replied
from smm_core.testing.kit.finished import FinishedSuite
from smm_core.testing.kit.metrics import MetricsCase, MetricsSuite, post_subject
from smm_core.testing.kit.publisher.case import Differs, PublisherCase, Shown
from smm_core.testing.kit.publisher.harness import Harness
from smm_core.testing.kit.publisher.suite import PublisherSuite
from smm_core.testing.kit.sources import SourceCase, SourceSuite
from smm_core.testing.kit.templates import TemplateCase, TemplateSuite

__all__ = [
    "ApproverCase",
    "ApproverSuite",
    "Differs",
    "FinishedSuite",
    "Harness",
    "MetricsCase",
    "MetricsSuite",
    "PublisherCase",
    "PublisherSuite",
    "Replied",
    "Shown",
    "SourceCase",
    "SourceSuite",
    "TemplateCase",
    "TemplateSuite",
    "post_subject",
]
