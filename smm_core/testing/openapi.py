"""Holds requests against an OpenAPI description (3.0 or 3.1), so that a wrong one fails the test that made it.

Looked at are path, method, parameters in path, query and header, the content type and a JSON body. Of JSON Schema that is:
`$ref` within the description, `type` (and `nullable`), `enum`, `const`, `properties`, `required`,
`additionalProperties`, `items`, the limits of lengths, numbers and lists, `pattern`, the formats `date-time` and `uri`,
`allOf`, `anyOf`, `oneOf`. Other keywords are passed over. Security schemes are not looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from smm_core.testing.loopback import Received

Schema = Mapping[str, Any]

_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


@dataclass(frozen=True, slots=True)
class OpenApi:
    """A description, read. `base` is the path of its first server, which requests may have in front of theirs."""

    description: Schema
    base: str = ""
    _references: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def read(cls, source: Path | str | Schema) -> Self:
        """From a file (JSON, or YAML by its name) or from a dict; what is no description is a ValueError."""
        description = source if isinstance(source, Mapping) else _load(Path(source))
        if not isinstance(description.get("paths"), Mapping):
            raise ValueError("this is no OpenAPI description: it has no `paths`")
        servers = description.get("servers") or [{}]
        return cls(description, urlsplit(servers[0].get("url", "")).path.rstrip("/"))

    def problems(self, request: Received) -> list[str]:
        """What is wrong with a request; nothing when it is as described."""
        found = self._operation(request)
        if isinstance(found, str):
            return [found]
        operation, shared, in_path = found
        name = f"{request.method} {request.path}"
        said = (
            *self._parameter_problems(operation, shared, in_path, request),
            *self._body_problems(operation, request),
        )
        return [f"{name}: {problem}" for problem in said]

    # ------------------------------------------------------------ which operation

    def _operation(self, request: Received) -> tuple[Schema, list[Schema], Mapping[str, str]] | str:
        path = request.path.removeprefix(self.base) if request.path.startswith(f"{self.base}/") else request.path
        fitting = [
            (template, item, match)
            for template, item in self.description["paths"].items()
            if (match := _path_pattern(template).fullmatch(path))
        ]
        if not fitting:
            return f"{request.method} {request.path}: the description has no such path"
        # A path without a variable in that place goes first, as the standard wants it.
        _, item, match = min(fitting, key=lambda one: one[0].count("{"))
        operation = item.get(request.method.lower())
        if operation is None:
            known = ", ".join(method.upper() for method in item if method in ("get", "put", "post", "delete", "patch"))
            return f"{request.method} {request.path}: the description knows only {known} there"
        return operation, item.get("parameters", []), match.groupdict()

    # ------------------------------------------------------------ parameters

    def _parameter_problems(
        self, operation: Schema, shared: list[Schema], in_path: Mapping[str, str], request: Received
    ) -> Iterator[str]:
        given: Mapping[str, Mapping[str, str]] = {"path": in_path, "query": request.query, "header": request.headers}
        known = {"query": set[str]()}
        for parameter in (self._followed(one) for one in (*shared, *operation.get("parameters", []))):
            place, name = parameter["in"], parameter["name"]
            if place not in given:
                continue
            known.setdefault(place, set()).add(name)
            value = given[place].get(name.lower() if place == "header" else name)
            if value is None:
                if parameter.get("required"):
                    yield f"the {place} parameter {name} is missing"
                continue
            schema = self._followed(parameter.get("schema", {}))
            yield from self._misfits(schema, _read_as(schema, value), f"the {place} parameter {name}")
        for name in request.query.keys() - known["query"]:
            yield f"the query parameter {name} is not described"

    # ------------------------------------------------------------ body

    def _body_problems(self, operation: Schema, request: Received) -> Iterator[str]:
        if "requestBody" not in operation:
            if request.body:
                yield "it has a body, and none is described"
            return
        described = self._followed(operation["requestBody"])
        if not request.body:
            if described.get("required"):
                yield "it has no body"
            return
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        media = next((one for name, one in described["content"].items() if _covers(name, kind)), None)
        if media is None:
            yield f"the content type {kind or '(none)'} is not {' or '.join(described['content'])}"
        elif kind == "application/json" or kind.endswith("+json"):
            try:
                body = request.json()
            except ValueError:
                yield "the body is not JSON"
                return
            yield from self._misfits(media.get("schema", {}), body, "the body")

    # ------------------------------------------------------------ JSON Schema

    def _misfits(self, schema: Schema | bool, value: Any, where: str) -> Iterator[str]:
        if isinstance(schema, bool):
            if not schema:
                yield f"{where} is not described"
            return
        schema = self._followed(schema)
        kinds = _kinds_of(schema)
        if kinds and not any(_is_a(value, kind) for kind in kinds):
            yield f"{where} is {_said(value)}, not {' or '.join(kinds)}"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield f"{where} is {_said(value)}, not one of {schema['enum']}"
        if "const" in schema and value != schema["const"]:
            yield f"{where} is {_said(value)}, not {schema['const']!r}"
        yield from self._combined(schema, value, where)
        if isinstance(value, str):
            yield from _text_misfits(schema, value, where)
        elif isinstance(value, dict):
            yield from self._object_misfits(schema, value, where)
        elif isinstance(value, list):
            yield from _size_misfits(schema, len(value), "minItems", "maxItems", where, "items")
            for number, one in enumerate(value):
                yield from self._misfits(schema.get("items", {}), one, f"{where}[{number}]")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield from _size_misfits(schema, value, "minimum", "maximum", where, "")

    def _object_misfits(self, schema: Schema, value: Mapping[str, Any], where: str) -> Iterator[str]:
        properties = schema.get("properties", {})
        for name in schema.get("required", []):
            if name not in value:
                yield f"{where} lacks {name}"
        for name, one in value.items():
            yield from self._misfits(
                properties.get(name, schema.get("additionalProperties", True)), one, f"{where}.{name}"
            )

    def _combined(self, schema: Schema, value: Any, where: str) -> Iterator[str]:
        for one in schema.get("allOf", []):
            yield from self._misfits(one, value, where)
        for word in ("anyOf", "oneOf"):
            if word in schema:
                fitting = sum(not list(self._misfits(one, value, where)) for one in schema[word])
                if not fitting or (word == "oneOf" and fitting > 1):
                    yield f"{where} is {_said(value)}, which fits {fitting} of what {word} names"

    def _followed(self, schema: Schema) -> Schema:
        """What a `$ref` leads to; itself when it has none."""
        reference = schema.get("$ref")
        if reference is None:
            return schema
        if reference not in self._references:
            found: Any = self.description
            for piece in str(reference).removeprefix("#/").split("/"):
                found = found[piece.replace("~1", "/").replace("~0", "~")]
            self._references[reference] = found
        followed: Schema = self._references[reference]
        return self._followed(followed)


def _load(path: Path) -> Schema:
    text = path.read_text("utf-8")
    if path.suffix in (".yaml", ".yml"):
        import yaml

        loaded = yaml.safe_load(text)
    else:
        loaded = json.loads(text)
    if not isinstance(loaded, Mapping):
        raise ValueError(f"{path}: this is no OpenAPI description")
    return loaded


def _path_pattern(template: str) -> re.Pattern[str]:
    pieces = re.split(r"\{([^}]+)\}", template)
    names = [re.sub(r"\W", "_", piece) for piece in pieces]
    regex = "".join(f"(?P<{names[turn]}>[^/]+)" if turn % 2 else re.escape(piece) for turn, piece in enumerate(pieces))
    return re.compile(regex)


def _kinds_of(schema: Schema) -> tuple[str, ...]:
    kind = schema.get("type")
    kinds = (kind,) if isinstance(kind, str) else tuple(kind or ())
    return (*kinds, "null") if kinds and schema.get("nullable") else kinds


def _is_a(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _KINDS[kind]) or (kind == "integer" and isinstance(value, float) and value.is_integer())


def _read_as(schema: Schema, value: str) -> Any:
    """A parameter's text as what its schema says that it is; the text itself when it is not that."""
    kinds = _kinds_of(schema)
    try:
        if "integer" in kinds:
            return int(value)
        if "number" in kinds:
            return float(value)
    except ValueError:
        return value
    if "boolean" in kinds and value in ("true", "false"):
        return value == "true"
    return value.split(",") if kinds == ("array",) else value


def _text_misfits(schema: Schema, value: str, where: str) -> Iterator[str]:
    yield from _size_misfits(schema, len(value), "minLength", "maxLength", where, "characters")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where} is {_said(value)}, which does not fit the pattern {schema['pattern']}"
    if schema.get("format") == "date-time":
        try:
            aware = datetime.fromisoformat(value).tzinfo is not None
        except ValueError:
            aware = False
        if not aware:
            yield f"{where} is {_said(value)}, which is no instant with an offset"
    if schema.get("format") == "uri" and not urlsplit(value).scheme:
        yield f"{where} is {_said(value)}, which is no address"


def _size_misfits(schema: Schema, size: float, low: str, high: str, where: str, unit: str) -> Iterator[str]:
    said = f"{where} has {size:g} {unit}" if unit else f"{where} is {size:g}"
    if low in schema and size < schema[low]:
        yield f"{said}, at least {schema[low]:g} wanted"
    if high in schema and size > schema[high]:
        yield f"{said}, at most {schema[high]:g} allowed"


def _covers(described: str, kind: str) -> bool:
    described = described.partition(";")[0].strip().lower()
    return described in ("*/*", kind) or (described.endswith("/*") and kind.startswith(described[:-1]))


def _said(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
