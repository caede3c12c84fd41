"""What every metrics reader is asked: that it tells what the platform tells, and nothing that it does not.

::

    @pytest.fixture
    def case() -> Iterator[MetricsCase]:
        with Loopback(...) as platform:
            yield MetricsCase(
                make=Numbers, profile=profile, platform=platform,
                subjects=(subject("1"),), values={("1", "likes"): 3, ("1", "shares"): 0}, withhold=...,
            )

    class TestMetrics(MetricsSuite): ...
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from smm_core.contracts import HttpClient, Metrics, MetricsRequest
from smm_core.errors import NeedsLogin, SmmError, TryLater
from smm_core.model import Profile, Reading, Receipt, Subject, SubjectKind, to_json
from smm_core.testing.faults import Fault, Status
from smm_core.testing.kit.bench import BAD_ANSWERS, NOW, Bench, FamilySuite, NoConnection, NoNetwork, must_not_show
from smm_core.testing.kit.registering import check_importing_of
from smm_core.testing.loopback import Loopback

Values = Mapping[tuple[str, str], float]
"""(The subject's id, the canonical metric) → the value."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricsCase:
    """A reader of numbers, and what its platform shows in this test.

    `make` makes the reader, as the plugin's hook does. `values` is all that it must read of `subjects`; have a real 0 among
    them. `withhold` makes the platform keep the numbers of one metric (by its canonical name) to itself from now on.
    `platform` is the loopback platform, if the network is used. `secrets` are values that must show nowhere.
    `answers`: an HTTP status → the error that is right here, with the reason, where it differs from the table.

    The folder that the reader knows as `ctx.data_dir()` is `tmp_path / "workspace/.smm/plugins/tried"`, for a case that has to put
    something there.
    """

    make: Callable[[], Metrics]
    profile: Profile
    subjects: tuple[Subject, ...]
    values: Values
    withhold: Callable[[str], None]
    platform: Loopback | None = None
    secrets: tuple[str, ...] = ()
    answers: Mapping[int, tuple[type[SmmError], str]] = field(default_factory=dict)


def post_subject(remote_id: str, *, url: str | None = None) -> Subject:
    """A post that went out yesterday under this remote id, which is its own id as well."""
    at = NOW - timedelta(days=1)
    receipt = Receipt(remote_id=remote_id, url=url, at=at)
    return Subject(kind=SubjectKind.POST, id=remote_id, receipt=receipt, published_at=at)


class MetricsSuite(FamilySuite):
    """The tests of a metrics reader."""

    def test_importing_touches_nothing(self, case: MetricsCase) -> None:
        """Every command of smm gets slower, and a machine that is offline cannot even start it."""
        check_importing_of(type(case.make()))

    def test_reads_what_there_is(self, case: MetricsCase, bench: Bench) -> None:
        """Reports say something that nobody can find on the platform."""
        assert _values(read(case, bench)) == dict(case.values)

    def test_what_is_absent_is_absent(self, case: MetricsCase, bench: Bench) -> None:
        """A 0 that was never measured makes an average wrong, and a person who trusts it decide wrongly."""
        for metric in sorted({metric for _, metric in case.values}):
            case.withhold(metric)
            readings = read(case, bench)
            assert all(one.metric != metric for one in readings), (
                f"the platform no longer tells {metric}, and yet there is a reading of it. Leave it out; 0 is a value."
            )

    def test_a_zero_that_was_measured_is_kept(self, case: MetricsCase, bench: Bench) -> None:
        """Nobody shared it, and the platform says so: that is knowledge, not an empty field."""
        zeroes = {name for name, value in case.values.items() if value == 0}
        assert zeroes, "give the imitation a metric whose value is 0, and name it in the case's `values`"
        assert zeroes <= set(_values(read(case, bench)))

    def test_readings_can_be_kept(self, case: MetricsCase, bench: Bench) -> None:
        """The database refuses them, or two readings of one number contradict each other."""
        readings = read(case, bench)
        subjects = {(one.kind, one.id) for one in case.subjects}
        names = [(one.subject.kind, one.subject.id, one.metric, one.window, one.paid) for one in readings]
        assert len(names) == len(set(names)), "the same metric of the same subject came twice"
        for one in readings:
            what = f"the reading {one.metric!r} of {one.subject.id}"
            assert (one.subject.kind, one.subject.id) in subjects, f"{what}: nobody asked for that subject"
            assert _NAME.fullmatch(one.metric), f"{what}: a canonical name has small letters, digits and _ only"
            assert one.native.strip(), f"{what}: `native` is what the platform calls it"
            assert isinstance(one.value, int | float), f"{what}: {one.value!r} is no number"
            assert not isinstance(one.value, bool), f"{what}: {one.value!r} is no number"
            assert math.isfinite(one.value), f"{what}: {one.value} is no number"
            assert one.at.utcoffset() == timedelta(0), f"{what}: `at` is an instant in UTC"
            assert one.at <= NOW, f"{what}: it was read in the future"
            assert one.window is None or one.window > timedelta(0), f"{what}: a window of no time"
            to_json(one)

    def test_reading_twice_reads_the_same(self, case: MetricsCase, bench: Bench) -> None:
        """Reading changes nothing at the platform, and a reader keeps nothing in memory that could go stale."""
        assert _values(read(case, bench)) == _values(read(case, bench))
        if case.platform is not None:
            methods = {request.method for request in case.platform.requests}
            assert methods <= {"GET", "HEAD", "POST"}, f"reading used {', '.join(sorted(methods))}"

    def test_only_what_was_asked_for(self, case: MetricsCase, bench: Bench) -> None:
        """The numbers of a post that was deleted, or of another profile, come back for ever."""
        for subject in case.subjects:
            wanted = {name: value for name, value in case.values.items() if name[0] == subject.id}
            assert _values(read(case, bench, (subject,))) == wanted
        assert read(case, bench, (), http=NoNetwork()) == [], (
            "nothing was asked for: nothing to read, no request to make"
        )

    def test_one_post_that_is_gone_costs_only_itself(self, case: MetricsCase, bench: Bench) -> None:
        """People delete posts by hand. The numbers of all others must still come."""
        gone = post_subject("gone-4f1c9a")
        assert _values(read(case, bench, (*case.subjects, gone))) == dict(case.values)

    def test_bad_answers_are_errors_and_no_numbers(self, case: MetricsCase, bench: Bench) -> None:
        """A platform that is down tells no numbers. Taken for zeros or for nothing, a report would show a crash."""
        platform = _platform_of(case)
        whole = set(case.values.items())
        for name, fault in BAD_ANSWERS:
            platform.fault(fault)
            readings, error = bench.failure(
                f"read, on {name},",
                lambda ctx: case.make().read(_request(case), ctx),
                expect=Sequence,
                http=bench.client(patience=self.patience_of(fault)),
            )
            wanted = _wanted(case, fault)
            if wanted is not None:
                assert isinstance(error, wanted), f"{name} must become {wanted.__name__}, not {_what(readings, error)}"
            elif error is None:
                read_anyway = set(_values(readings).items())
                assert read_anyway, f"{name} was taken for a platform without numbers: raise an error of smm"
                assert read_anyway <= whole, f"{name} gave numbers that are not there: {read_anyway - whole}"
            if isinstance(error, TryLater) and "seconds" in name:
                assert error.after == timedelta(seconds=120), f"{name}: `after` must be what the platform asked for"
            must_not_show(case.secrets, f"what is said about {name}", str(error) + bench.said)
            assert _values(read(case, bench)) == dict(case.values), f"after {name} the numbers did not come back"

    def test_offline_is_said(self, case: MetricsCase, bench: Bench) -> None:
        """A laptop on a train is the usual case, not an exception that nobody thought of."""
        _platform_of(case)
        _, error = bench.failure(
            "read, offline,",
            lambda ctx: case.make().read(_request(case), ctx),
            expect=Sequence,
            http=NoConnection(),
        )
        assert error is not None, "offline was taken for a platform without numbers"

    def test_no_secret_shows(self, case: MetricsCase, bench: Bench) -> None:
        """A token in a log or a report is a token that has to be changed."""
        readings = read(case, bench)
        must_not_show(case.secrets, "a reading", "".join(map(to_json, readings)) + repr(readings))
        must_not_show(case.secrets, "the log", bench.said)
        must_not_show(case.secrets, "the repr of the settings", repr(case.profile))
        must_not_show(case.secrets, "the repr of the reader", repr(case.make()))


def read(
    case: MetricsCase,
    bench: Bench,
    subjects: tuple[Subject, ...] | None = None,
    *,
    http: HttpClient | None = None,
) -> list[Reading]:
    """The readings of the subjects (all, when none are named), by a reader that was made anew."""
    reader, request = case.make(), _request(case, subjects)
    readings = bench.call("read", lambda ctx: reader.read(request, ctx), expect=Sequence, http=http)
    for one in readings:
        assert isinstance(one, Reading), f"read returned {type(one).__name__} among its readings"
    return list(readings)


def _request(case: MetricsCase, subjects: tuple[Subject, ...] | None = None) -> MetricsRequest:
    return MetricsRequest(profile=case.profile, subjects=case.subjects if subjects is None else subjects)


def _values(readings: Sequence[Reading]) -> dict[tuple[str, str], float]:
    return {(one.subject.id, one.metric): one.value for one in readings}


def _wanted(case: MetricsCase, fault: Fault) -> type[SmmError] | None:
    """The error that an answer must become; None where the reader may choose."""
    if not isinstance(fault, Status):
        return None
    if fault.code in case.answers:
        return case.answers[fault.code][0]
    return {401: NeedsLogin, 403: NeedsLogin, 429: TryLater, 500: SmmError, 502: SmmError, 503: SmmError}.get(
        fault.code
    )


def _what(readings: Sequence[Reading] | None, error: SmmError | None) -> str:
    return type(error).__name__ if error is not None else f"{len(readings or ())} readings"


def _platform_of(case: MetricsCase) -> Loopback:
    if case.platform is None:
        pytest.skip("the reader does not use the network")
    return case.platform
