"""Charts of the page, one file each. Only this folder imports plotly, and only when a page is made.

Colours are CSS variables (``var(--contest)``); the page's script looks them up, so that a chart follows the
colour scheme.
"""

from __future__ import annotations

from typing import Any

from quantrl.errors import ConfigError


def plotly_objects() -> Any:
    """The ``plotly.graph_objects`` module.

    Raises
    ------
    ConfigError
        plotly is not installed.
    """
    try:
        import plotly.graph_objects as go
    except ImportError:
        raise ConfigError("the HTML report needs plotly: pip install 'quantrl[report]'") from None
    return go


def plotly_script() -> str:
    """The plotly.js library as text, to be placed in the page once.

    Raises
    ------
    ConfigError
        plotly is not installed.
    """
    plotly_objects()
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())
