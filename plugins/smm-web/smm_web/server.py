"""Serving the page until somebody stops it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from smm_core import SmmError
from smm_web.app import Service

if TYPE_CHECKING:
    import uvicorn

# A form and its headers are small; whoever sends more, or hundreds of requests at once, is no reviewer.
_HEADER_BYTES = 16 * 1024
_AT_ONCE = 100


def server_of(service: Service, host: str, port: int) -> uvicorn.Server:
    """A server for the page.

    It writes no log of addresses: the first one that a reviewer opens holds their token. `X-Forwarded-For` is believed
    when it comes from this machine, which is where a reverse proxy stands.
    """
    import uvicorn

    config = uvicorn.Config(
        service.app(),
        host=host,
        port=port,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1,::1",
        limit_concurrency=_AT_ONCE,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=_HEADER_BYTES,
    )
    return uvicorn.Server(config)


def serve(service: Service, host: str, port: int) -> None:
    """Serve until Ctrl-C; an address that is taken is an `SmmError`."""
    log = logging.getLogger("uvicorn.error")
    log.addFilter(_is_for_people)
    try:
        server_of(service, host, port).run()
    except KeyboardInterrupt:
        pass  # the server has ended in good order, and only then says by what
    except SystemExit as end:
        if end.code:
            raise SmmError(
                f"cannot listen on {host}, port {port}: another program does, or it is no address of this machine",
                hint="choose another with --port",
            ) from None
    finally:
        log.removeFilter(_is_for_people)


def _is_for_people(record: logging.LogRecord) -> bool:
    """Not so the bare error of an address that is taken: it is said in words."""
    return not isinstance(record.msg, OSError)
