"""Power cuts: what had left stands in the ledger, whatever the disk forgot; and with less care it would not."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from tests.crash.disk import SECTOR, Disk, File, Record, read_records
from tests.crash.power import HERE, NoCompiler, PowerReport, make_recorder, record, run
from tests.crash.scene import Plan, make_workspace

POSTS = 24
CUTS = 20


@pytest.fixture(autouse=True, scope="module")
def _compiler(tmp_path_factory: pytest.TempPathFactory) -> None:
    try:
        make_recorder(tmp_path_factory.mktemp("recorder"))
    except NoCompiler as error:
        pytest.skip(str(error))


@pytest.mark.slow
def test_no_request_is_without_its_attempt_after_a_power_cut() -> None:
    report = run(POSTS, CUTS, seed=1)
    assert report.is_kept, report.details
    assert report.requests > POSTS
    assert report.syncs > report.requests
    assert report.in_flight > 0, "the cuts should come while something is under way"


@pytest.mark.slow
def test_less_care_is_caught() -> None:
    report = run(POSTS, CUTS, seed=1, synchronous="NORMAL", restarts=False)
    assert report.lost > CUTS / 3, report


@pytest.mark.slow
def test_the_record_is_complete(tmp_path: Path) -> None:
    """What was recorded, played without a cut, gives the very files that the process left behind."""
    root = tmp_path / "workspace"
    make_workspace(root, Plan(abilities=("find",), profiles=1, deliveries=3), "http://127.0.0.1:9")
    shutil.copy(HERE / "power_publisher.py", root / "plugins" / "crash.py")
    disk = Disk(root / ".smm")
    for one in read_records(record(root, tmp_path, "FULL")):
        disk.play(one)
    left = {str(path): path.read_bytes() for path in (root / ".smm").rglob("*") if path.is_file()}
    assert disk.now() == left
    assert str(root / ".smm" / "smm.db") in left


# ---------------------------------------------------------------- the disk


def test_what_was_synced_survives_and_what_was_not_survives_in_part() -> None:
    file = File()
    file.since.append((0, b"a" * SECTOR))
    file.sync()
    file.since.append((SECTOR, b"b" * SECTOR * 40))
    seen = [bytes(file.after_cut(random.Random(seed))) for seed in range(20)]
    assert all(one.startswith(b"a" * SECTOR) for one in seen)
    sectors = [sum(one[start : start + 1] == b"b" for start in range(0, len(one), SECTOR)) for one in seen]
    assert all(5 < count < 35 for count in sectors)


def test_a_sector_has_one_of_its_contents_never_a_mixture() -> None:
    file = File()
    for letter in (b"a", b"b", b"c"):
        file.since.append((0, letter * SECTOR))
    seen = {bytes(file.after_cut(random.Random(seed))) for seed in range(60)}
    assert seen == {b"", b"a" * SECTOR, b"b" * SECTOR, b"c" * SECTOR}


def test_a_new_name_is_sure_when_its_folder_was_synced(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"old")
    disk = Disk(tmp_path)
    new, old, folder = str(tmp_path / "new"), str(tmp_path / "old"), str(tmp_path)
    disk.play(Record(kind="open", inode=-1, offset=0, path=new))
    disk.play(Record(kind="write", inode=-1, offset=0, path=new, data=b"new"))
    disk.play(Record(kind="sync", inode=-1, offset=0, path=new))
    disk.play(Record(kind="rename", inode=-1, offset=0, path=new, data=old.encode()))
    seen = {disk.after_cut(random.Random(seed)).get(old) for seed in range(20)}
    assert seen == {b"old", b"new"}
    disk.play(Record(kind="sync", inode=-2, offset=0, path=folder))
    assert [disk.after_cut(random.Random(seed)) for seed in range(20)] == [{old: b"new"}] * 20


def test_a_report_with_anything_lost_is_not_kept() -> None:
    assert PowerReport(synchronous="FULL").is_kept
    for what in ("lost", "damaged", "stopped", "twice", "stuck"):
        assert not PowerReport(synchronous="FULL", **{what: 1}).is_kept
