"""What front ends leave of HTML that they do not trust, by the rules that they publish.

JupyterLab: ``packages/apputils/src/sanitizer.ts``, with the defaults of sanitize-html. GitHub: the
allowlist of html-pipeline's ``SanitizationFilter``; images from data URIs are no images there.
VS Code shows the HTML of trusted workspaces as it is; elsewhere, and in its Markdown, DOMPurify
leaves what its defaults allow, of which a card uses nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

_EMPTY = frozenset({"img", "br", "hr", "wbr"})


@dataclass(frozen=True)
class Rules:
    """What passes: tags, attributes of all tags, and those of some.

    Attributes:
        dropped: Tags whose content goes with them.
        sources: What an image's address may begin with.
    """

    tags: frozenset[str]
    attributes: frozenset[str]
    own: dict[str, frozenset[str]]
    dropped: frozenset[str]
    sources: tuple[str, ...]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TEXT = (
    "h1 h2 h3 h4 h5 h6 br b i em a pre code img tt div ins del sup sub p ol ul table thead tbody"
    " tfoot blockquote dl dt dd kbd q samp var hr li tr td th s strike summary details caption"
    " figure figcaption abbr bdo cite dfn mark small span time wbr strong"
)

JUPYTERLAB = Rules(
    tags=_names(f"{_TEXT} u section header footer progress meter label input button"),
    attributes=_names("class dir hidden id lang style title translate"),
    own={
        "img": _names("alt height src width"),
        "details": frozenset({"open"}),
        "progress": frozenset({"max", "min", "value"}),
        "td": frozenset({"colspan", "rowspan", "scope"}),
        "th": frozenset({"colspan", "rowspan", "scope"}),
    },
    dropped=frozenset({"script", "style", "textarea", "option", "noscript"}),
    sources=("http://", "https://", "data:"),
)

GITHUB = Rules(
    tags=_names(f"{_TEXT} ruby rt rp"),
    attributes=_names(
        "abbr align alt aria-hidden aria-label aria-labelledby colspan dir height id lang label"
        " name open role rowspan scope start summary tabindex title type value width"
    ),
    own={"img": frozenset({"src"}), "a": frozenset({"href"})},
    dropped=frozenset({"script", "style"}),
    sources=("http://", "https://"),
)

DOMPURIFY = Rules(
    tags=_names(f"{_TEXT} style progress"),
    attributes=_names(
        "class style id role aria-label title open scope value max src alt width height"
    ),
    own={},
    dropped=frozenset({"script"}),
    sources=("http://", "https://", "data:"),
)


def sanitized(page: str, rules: Rules) -> str:
    """What rules leave of a piece of HTML."""
    sieve = _Sieve(rules)
    sieve.feed(page)
    sieve.close()
    return "".join(sieve.kept)


class _Sieve(HTMLParser):
    def __init__(self, rules: Rules) -> None:
        super().__init__(convert_charrefs=True)
        self.kept: list[str] = []
        self._rules = rules
        self._dropping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._rules.dropped:
            self._dropping += 1
        if self._dropping or tag not in self._rules.tags:
            return
        allowed = self._rules.attributes | self._rules.own.get(tag, frozenset())
        kept = [(name, value or "") for name, value in attrs if name in allowed]
        kept = [(name, value) for name, value in kept if self._is_safe(name, value)]
        written = "".join(f' {name}="{escape(value)}"' for name, value in kept)
        self.kept.append(f"<{tag}{written}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._rules.dropped:
            self._dropping -= 1
        elif not self._dropping and tag in self._rules.tags - _EMPTY:
            self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._dropping:
            # In the content of a style element nothing is escaped.
            inside_style = self.kept and self.kept[-1].startswith("<style")
            self.kept.append(data if inside_style else escape(data, quote=False))

    def _is_safe(self, name: str, value: str) -> bool:
        if name == "style":
            return "var(" not in value
        return name != "src" or value.startswith(self._rules.sources)
