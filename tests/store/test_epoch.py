"""An epoch that is over: whoever was frozen between its claim and its request sends nothing any more."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from smm_core.store import Fenced, Store

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def test_an_epoch_holds_until_another_one_begins(store: Store) -> None:
    epoch = store.ledger.raise_epoch(NOW)
    store.ledger.require(epoch)
    later = store.ledger.raise_epoch(NOW)
    store.ledger.require(later)
    with pytest.raises(Fenced, match="another smm process took over"):
        store.ledger.require(epoch)
