"""Names that libraries draw by lot for the elements of their HTML: the same names each time.

Runs in the child. Charts and pandas' styled tables have such names, and a saved notebook would
differ each time. What one display names so, a later one may mean.
"""

from __future__ import annotations

import re
from typing import Any

_ID = re.compile(r"""\bid\s*=\s*\\?["']([^"'\\]+)""")
_RANDOM = re.compile(
    r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"
    r"|(?<=\bT_)[0-9a-f]{5}(?![0-9a-f])"
)


class SteadyNames:
    """Replaces them, for the time of one program."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def apply(self, bundle: dict[str, Any]) -> dict[str, Any]:
        """A bundle with such names made from its content instead.

        Only what stands in an ``id`` is taken for one; it is then replaced wherever it stands.
        """
        html = bundle.get("text/html")
        if isinstance(html, str):
            self._learn(html)
        if not self._known:
            return bundle
        return {
            kind: self._replaced(content) if isinstance(content, str) else content
            for kind, content in bundle.items()
        }

    def _learn(self, html: str) -> None:
        found: dict[str, None] = {}
        for name in _ID.findall(html):
            found.update(dict.fromkeys(_RANDOM.findall(name)))
        new = sorted(found.keys() - self._known.keys(), key=html.index)
        if not new:
            return
        from hashlib import sha256  # late: slow to import

        bare = self._replaced(html)
        for number, name in enumerate(new):
            bare = bare.replace(name, f"\0{number}\0")
        for number, name in enumerate(new):
            steady = sha256(f"{bare}{number}".encode("utf-8", "replace")).hexdigest()
            parts = (steady[:8], steady[8:12], steady[12:16], steady[16:20], steady[20:32])
            self._known[name] = "-".join(parts) if "-" in name else steady[: len(name)]

    def _replaced(self, text: str) -> str:
        for name, steady in self._known.items():
            text = text.replace(name, steady)
        return text
