"""The documentation site: ``sphinx-build -W docs build/docs``.

Built from the pages beside this file, the notebooks as they are saved, and the docstrings. The
notebooks are copied beside the pages: Sphinx follows no link out of its folder.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from docutils.nodes import Element
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import codeexec_magics  # noqa: E402 - from this checkout, whatever is installed
from codeexec_magics.integrations.pygments_lexer import TransformLexer  # noqa: E402

project = "codeexec_magics"
author = "The codeexec_magics developers"
project_copyright = author
version = release = codeexec_magics.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
]
exclude_patterns = ["**/.ipynb_checkpoints"]
default_role = "py:obj"
highlight_language = "text"
suppress_warnings = [
    "misc.highlighting_failure",  # a cell shows what is no program
    "mystnb.unknown_mime_type",  # a chart's own data stands beside its HTML
]

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the outputs are those that nbval compares
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = project
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#0b6e5f",
        "color-brand-content": "#0b6e5f",
        "color-api-name": "#0b6e5f",
        "color-api-pre-name": "#5a6b69",
        "font-stack": "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif",
        "font-stack--monospace": "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace",
    },
    "dark_css_variables": {
        "color-brand-primary": "#5fd0b8",
        "color-brand-content": "#5fd0b8",
        "color-api-name": "#5fd0b8",
        "color-api-pre-name": "#93a3a1",
    },
}
copybutton_exclude = ".linenos, .gp, .go"

_FROM_THE_ROOT = {
    "](../notebooks/": "](notebooks/",
    "](../codeexec_magics/protocol/PROTOCOL.md": "](protocol.md",
    "](../codeexec_magics/languages/bridge/DRIVER.md": "](driver.md",
    "](../../protocol/PROTOCOL.md": "](protocol.md",
}
"""Links that lead somewhere in the checkout, and where they lead on the site."""
_INCLUDED = re.compile(r"^```{include} (.+)\n```$", re.MULTILINE)
_CELL = re.compile(r"^```\w+(?=\n%)", re.MULTILINE)


def _for_the_site(app: Sphinx, page: str, source: list[str]) -> None:
    """Turn the checkout's links into the site's, and colour fences that hold cells as cells."""
    source[0] = _INCLUDED.sub(lambda file: (HERE / file[1]).read_text("utf-8"), source[0])
    for written, wanted in _FROM_THE_ROOT.items():
        source[0] = source[0].replace(written, wanted)
    source[0] = _CELL.sub("```ipython3", source[0])


def _anywhere(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: Element
) -> Element | None:
    """Let a bare name in a docstring lead to the one thing of that name, in whatever module."""
    if (node.get("refdomain"), node.get("reftype")) != ("py", "obj"):
        return None
    found = env.domains.python_domain.find_obj(env, None, None, node["reftarget"], None, 1)
    if len(found) != 1:
        return None
    name, place = found[0]
    return make_refnode(app.builder, node["refdoc"], place.docname, place.node_id, content, name)


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    copy = HERE / "notebooks"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(HERE.parent / "notebooks", copy, ignore=shutil.ignore_patterns(".*"))
    app.add_lexer("ipython3", TransformLexer)
    app.connect("source-read", _for_the_site)
    app.connect("missing-reference", _anywhere)
