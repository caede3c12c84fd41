"""Posted forms, as they arrive at the loopback platform: with fields alone, or with files (`multipart/form-data`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from urllib.parse import parse_qsl


@dataclass(frozen=True, kw_only=True, slots=True)
class PostedFile:
    """A file of a form: its name and content type as they were sent (empty where they were not), and its bytes."""

    name: str
    type: str
    body: bytes


def fields_of(body: bytes, content_type: str) -> dict[str, str]:
    """The fields that are no files, the last value of each name."""
    if not _is_multipart(content_type):
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    return {_param(head, "name"): value.decode() for head, value in _pieces(body, content_type) if not _is_file(head)}


def files_of(body: bytes, content_type: str) -> dict[str, PostedFile]:
    """The files by the name of their field, the last one of each name."""
    return {
        _param(head, "name"): PostedFile(name=_param(head, "filename"), type=head.get("content-type", ""), body=value)
        for head, value in (_pieces(body, content_type) if _is_multipart(content_type) else ())
        if _is_file(head)
    }


def _is_multipart(content_type: str) -> bool:
    return content_type.lower().startswith("multipart/form-data")


def _is_file(head: Message) -> bool:
    return head.get_param("filename", header="content-disposition") is not None


def _pieces(body: bytes, content_type: str) -> Iterator[tuple[Message, bytes]]:
    """Head and bytes of each piece between two boundaries; a body that does not end as it should is a ValueError."""
    stated = Message()
    stated["content-type"] = content_type
    boundary = f"--{stated.get_boundary('')}".encode()
    _, *pieces, end = body.split(boundary)
    if not pieces or not end.startswith(b"--"):
        raise ValueError(f"no complete form between boundaries {boundary!r}")
    for piece in pieces:
        head, _, value = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        yield HeaderParser().parsestr(head.decode()), value.removesuffix(b"\r\n")


def _param(head: Message, name: str) -> str:
    return str(head.get_param(name, "", header="content-disposition"))
