"""The real pool: classic rules times grids on recorded markets, judged by the frozen defaults.

Nothing is asserted of what comes out. "Adopted" says who was given capital; "shown to have skill" is a claim, made
only of what a test that knows of all agents names.
"""

from quantrl.selection.lab.real.entry import SEED, enter, fingerprint
from quantrl.selection.lab.real.grid import CONTROLS, GRID, pool
from quantrl.selection.lab.real.judged import figures
from quantrl.selection.lab.real.panels import CSI, CSI_FILE, SAMPLE, load
from quantrl.selection.lab.real.window import LEAST, WARM_UP

__all__ = [
    "CONTROLS",
    "CSI",
    "CSI_FILE",
    "GRID",
    "LEAST",
    "SAMPLE",
    "SEED",
    "WARM_UP",
    "enter",
    "figures",
    "fingerprint",
    "load",
    "pool",
]
