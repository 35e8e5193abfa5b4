"""The report shown: in a notebook's cell, or in the browser."""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path
from typing import Final

HEIGHT: Final = 860


class ReportView:
    """A report's page that shows itself: a notebook draws it inline, `show` opens it in the browser.

    Parameters
    ----------
    page : str
        The whole of it.
    name : str
        Of the file it is written to when it is opened.
    height : int
        Pixels in a notebook.
    """

    def __init__(self, page: str, name: str, height: int = HEIGHT) -> None:
        self.html, self.name, self.height = page, name, height

    def __repr__(self) -> str:
        return f"ReportView({self.name}, {len(self.html.encode()) / 1e6:.1f} MB): .show() opens it, .html is the page"

    def _repr_html_(self) -> str:
        # The frame keeps the page's styles and scripts to itself.
        return (
            f'<iframe srcdoc="{escape(self.html, quote=True)}" width="100%" height="{self.height}" '
            'style="border:0" sandbox="allow-scripts allow-same-origin" title="Atlas report"></iframe>'
        )

    def show(self) -> Path:
        """Write it to a temporary file, open that in the browser, and return it."""
        import tempfile
        import webbrowser

        folder = Path(tempfile.mkdtemp(prefix="atlas-"))
        file = folder / f"{self.name}.html"
        file.write_text(self.html, encoding="utf-8")
        webbrowser.open(file.as_uri())
        return file


def is_notebook() -> bool:
    """Tell whether this process answers to a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and hasattr(shell, "kernel")
