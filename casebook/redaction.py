"""What no log may hold."""

from __future__ import annotations

import re

_USERINFO = re.compile(r"(?<=://)[^\s/?#@]+@")
_SECRET_VALUE = re.compile(
    r"(?i)([?&;](?:[\w.\-]*(?:token|secret|passw|session|signature|credential|auth|api_?key)[\w.\-]*|key|sig|sid|code)=)"
    r"[^\s&#;\"']+"
)


def redact(text: str) -> str:
    """Return the text with user names, passwords and token-like query values of its URLs replaced by `***`."""
    return _SECRET_VALUE.sub(r"\1***", _USERINFO.sub("***@", text))
