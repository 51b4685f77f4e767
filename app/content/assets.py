"""Pictures and sounds inside the content, as data URIs.

The address is a digest of the bytes, so it may be cached for ever. Threat: a document that runs in our origin. HTML is
refused, SVG must be passive, and the view sends ``nosniff`` and a sandbox policy.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes
from xml.parsers import expat

from app.prox.media_type import kind_of

DEEPEST = 500

_ACTING = frozenset({"script", "foreignobject", "iframe", "object", "embed", "handler", "listener", "audio", "video"})
_ACTS = re.compile(r"(?:^|;)\s*(?:java|vb)script:|data:(?!image/(?:png|gif|jpeg|webp)[;,])", re.IGNORECASE)
_UNSEEN = re.compile(r"[\x00-\x20\u200b\ufeff]")
# Attributes that hold words for people or names, never an address.
_WORDS = re.compile(r"(?:aria|data)-.*|(?:\w+:)?(?:id|class|label|title|alt|lang|name)", re.IGNORECASE)


class DrawingRefused(ValueError):
    """The drawing is active, or no XML. The message is for its author."""


def check_drawing(content: bytes) -> None:
    parser = expat.ParserCreate()
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise DrawingRefused("The SVG is nested too deeply. Save it as a plain drawing.")
        _check_element(name, attributes)

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def entity(*_: object) -> None:
        raise DrawingRefused("The SVG declares entities, which may hide a script. Save it as a plain drawing.")

    def instruction(target: str, _: str) -> None:
        raise DrawingRefused(
            f"The SVG holds an instruction ({target[:40]}), as a script would. Save it as a plain drawing."
        )

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.EntityDeclHandler, parser.ProcessingInstructionHandler = entity, instruction
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise DrawingRefused(
            f"The SVG is no well-formed XML, so no browser draws it or runs its script: {error}."
        ) from None


def _check_element(name: str, attributes: dict[str, str]) -> None:
    local = name.rpartition(":")[2].lower()
    if local in _ACTING:
        raise DrawingRefused(f"The SVG holds a script or foreign content (<{name[:40]}>). Save it as a plain drawing.")
    for attribute, value in attributes.items():
        short = attribute.rpartition(":")[2].lower()
        if short.startswith("on"):
            raise DrawingRefused(f"The SVG holds a script (the handler {attribute[:40]}). Save it as a plain drawing.")
        if not _WORDS.fullmatch(attribute) and _ACTS.search(_UNSEEN.sub("", value)):
            raise DrawingRefused(f"The SVG holds a script (in {attribute[:40]}). Save it as a plain drawing.")


_MOVING = frozenset({"animate", "animatecolor", "animatemotion", "animatetransform", "set"})
_OUTWARD = re.compile(r"url\((?![\"']?(?:#|data:image/))|@import|image-set\(", re.IGNORECASE)
_MOVED = re.compile(r"@(?:-\w+-)?keyframes", re.IGNORECASE)


def check_closed(content: bytes) -> None:
    # Of a well-formed drawing: it neither refers to anything outside itself nor moves.
    parser = expat.ParserCreate()
    path: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2].lower()
        if not path and local != "svg":
            raise DrawingRefused(f"The file begins with <{name[:40]}>, not with <svg>.")
        path.append(local)
        if local in _MOVING:
            raise DrawingRefused(f"The SVG is animated (<{name[:40]}>). Save it as a still drawing.")
        for attribute, value in attributes.items():
            _check_closed_attribute(attribute, _UNSEEN.sub("", value))

    def end(_: str) -> None:
        path.pop()

    parser.StartElementHandler, parser.EndElementHandler = start, end
    texts: list[str] = []
    parser.CharacterDataHandler = lambda text: texts.append(text) if path[-1] == "style" else None
    parser.Parse(content, True)
    sheet = _UNSEEN.sub("", "".join(texts))
    if _OUTWARD.search(sheet) or "\\" in sheet:
        raise DrawingRefused("The style of the SVG refers to something outside it. Save it with all it needs inside.")
    if _MOVED.search(sheet):
        raise DrawingRefused("The style of the SVG animates it. Save it as a still drawing.")


def _check_closed_attribute(name: str, value: str) -> None:
    is_link = name.rpartition(":")[2].lower() in ("href", "src")
    is_own = value.startswith("#") or re.match(r"data:image/(?:png|gif|jpeg|webp)[;,]", value, re.IGNORECASE)
    if (is_link and value and not is_own) or _OUTWARD.search(value):
        raise DrawingRefused(
            f"The SVG refers to something outside it (in {name[:40]}). Save it with all it needs inside."
        )


EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/avif": "avif",
    "image/svg+xml": "svg",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "application/pdf": "pdf",
    "text/plain": "txt",
    "text/csv": "csv",
    "text/vtt": "vtt",
}
MAX_ASSET_BYTES = 8 * 1024 * 1024
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

_HEAD = re.compile(r"data:([a-z]+/[a-z0-9.+-]+)((?:;[a-z-]+=[^;,]{1,40})*)(;base64)?,", re.IGNORECASE)


class AssetFaulty(ValueError):
    """The message is for its author."""


@dataclass(frozen=True, slots=True)
class Asset:
    path: str
    media_type: str
    content: bytes


def read_asset(uri: str) -> Asset:
    """Raises :class:`AssetFaulty`."""
    asset = stored_asset(uri)
    _check(asset)
    return asset


def stored_asset(uri: str) -> Asset:
    head = _HEAD.match(uri)
    if head is None:
        raise AssetFaulty("An asset is a data URI: data:image/png;base64,…")
    media_type, content = head[1].lower(), _decode(uri[head.end() :], bool(head[3]))
    if media_type not in EXTENSIONS:
        raise AssetFaulty(f"{media_type} cannot be an asset; possible are {', '.join(EXTENSIONS)}.")
    if len(content) > MAX_ASSET_BYTES:
        raise AssetFaulty(f"It is larger than {MAX_ASSET_BYTES // 1024 // 1024} MB.")
    digest = hashlib.sha256(media_type.encode() + b"\0" + content).hexdigest()[:24]
    return Asset(f"/assets/{digest}.{EXTENSIONS[media_type]}", media_type, content)


def _check(asset: Asset) -> None:
    if asset.media_type == "image/svg+xml" and asset.content:
        try:
            check_drawing(asset.content)
        except DrawingRefused as refused:
            raise AssetFaulty(str(refused)) from None
    kind = kind_of(asset.content)
    if kind is not None and kind.is_vast:
        raise AssetFaulty(f"The picture has {kind.words}, more than browsers on phones can show. Make it smaller.")


def asset_from(content: bytes) -> tuple[str, Asset]:
    """A file's data URI and asset, typed by its bytes. Raises :class:`AssetFaulty`."""
    if not content:
        raise AssetFaulty("This file is empty.")
    kind = kind_of(content)
    media_type = kind.media_type if kind else _kind_without_sign(content)
    if media_type not in EXTENSIONS:
        raise AssetFaulty("This is no picture, recording or PDF that browsers show. Try PNG or JPEG.")
    uri = f"data:{media_type};base64,{base64.b64encode(content).decode()}"
    return uri, read_asset(uri)


def _kind_without_sign(content: bytes) -> str:
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    return "image/svg+xml" if re.search(rb"<svg\b", content[:4096]) else ""


def assets_by_path(assets: Mapping[str, str]) -> dict[str, Asset]:
    return {asset.path: asset for asset in map(stored_asset, assets.values())}


def asset_faults(assets: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, uri in assets.items():
        if not NAME.fullmatch(name):
            yield name, "An asset's name has letters, digits, dot, hyphen and underscore only, at most 100."
        try:
            read_asset(uri)
        except AssetFaulty as fault:
            yield name, str(fault)


def _decode(payload: str, is_base64: bool) -> bytes:
    raw = unquote_to_bytes(payload)
    if not is_base64:
        return raw
    try:
        return base64.b64decode(b"".join(raw.split()), validate=True)
    except (binascii.Error, ValueError):
        raise AssetFaulty("Its base64 text is damaged.") from None
