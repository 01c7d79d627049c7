"""C2PA: the signed manifest of where a picture comes from. That it is there is always seen; reading it takes the extra
`copycatch[c2pa]`."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_BYTES = 16 * 1024 * 1024

# Manifests may name addresses of more manifests and of certificate lists: whoever reads them must not call there.
_OFFLINE = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
_STATES = {
    "Trusted": "it belongs to this file, and its signer is on a trust list",
    "Valid": "it belongs to this file; whether its signer can be trusted is not checked",
    "Invalid": "it does not belong to this file as it is, or was tampered with",
}
_CREATIVE_WORK, _ACTIONS = "stds.schema-org.CreativeWork", "c2pa.actions"


def fields(data: bytes, manifest_bytes: int) -> Iterator[tuple[str, str]]:
    """Yield field and text of the manifest in a file, of which `manifest_bytes` are known to be one (0: none)."""
    if not manifest_bytes:
        return
    present = f"a C2PA manifest is present, {manifest_bytes} bytes"
    try:
        store = _read(data) if manifest_bytes <= MOST_BYTES else {}
    except ImportError:
        yield "manifest", f"{present}; install copycatch[c2pa] to read it"
        return
    except Exception:  # the library has an exception of its own for every fault of a manifest
        store = {}
    state = _STATES.get(store.get("validation_state", ""), "it cannot be read")
    yield "manifest", f"{present}; {state}"
    yield from _of_manifest(store.get("manifests", {}).get(store.get("active_manifest"), {}))


def _read(data: bytes) -> dict[str, Any]:
    from c2pa import Context, Reader, Settings

    with (
        Settings.from_dict(_OFFLINE) as settings,
        Context(settings) as context,
        Reader(None, io.BytesIO(data), None, context) as reader,
    ):
        store: dict[str, Any] = json.loads(reader.json())
        return store


def _of_manifest(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _texts("signer", manifest.get("signature_info", {}).get("issuer"))
    yield from _texts("title", manifest.get("title"))
    for generator in manifest.get("claim_generator_info", []):
        yield from _texts("software", f"{generator.get('name', '')} {generator.get('version', '')}")
    for assertion in manifest.get("assertions", []):
        label, content = assertion.get("label", ""), assertion.get("data", {})
        if label.startswith(_CREATIVE_WORK):
            yield from _texts("creator", content.get("author"))
            yield from _texts("copyright", content.get("copyrightNotice"))
        elif label.startswith(_ACTIONS):
            for action in content.get("actions", []):
                yield from _texts("software", action.get("softwareAgent"))
        elif label.partition(".")[2].startswith("metadata"):  # c2pa.metadata, cawg.metadata: XMP's names in JSON
            yield from _texts("creator", content.get("dc:creator"))
            yield from _texts("copyright", content.get("dc:rights"))


def _texts(field: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield a text, the texts of a list, or the names of things that have one."""
    for item in value if isinstance(value, list) else [value]:
        text = item.get("name") if isinstance(item, dict) else item
        if isinstance(text, str):
            yield field, text
