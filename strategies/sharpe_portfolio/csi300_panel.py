"""Make a panel of CSI 300 names for the study: total-return bars with halts and price limits as masks.

    python strategies/sharpe_portfolio/csi300_panel.py ../shared/data/csi300 csi10.parquet

The names are the 10 with the largest traded amount in 2018 and 2019 among those on the constituent list of 2020-04-01
(membership of the December 2019 review) that have a row on every day up to the end of 2019: known before the first test
day of the study, which lies later. The source holds members of a later date only, so survivorship remains. The source
has no licence to pass it on: what this writes stays outside the repository.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import polars as pl

NAMES = 10
LAST_CHOICE_DAY = date(2019, 12, 31)
LIST_DATE = date(2020, 4, 1)


def chosen(panel: pl.DataFrame, constituents: pl.DataFrame) -> list[str]:
    """Names by traded amount before the first test day, among the members of the list then in force."""
    members = constituents.filter(pl.col("as_of") == LIST_DATE)["symbol"].to_list()
    early = panel.filter(pl.col("date") <= LAST_CHOICE_DAY)
    days = early["date"].n_unique()
    ranked = (
        early.filter(pl.col("symbol").is_in(members))
        .group_by("symbol")
        .agg(pl.len().alias("rows"), pl.col("amount").sum())
        .filter(pl.col("rows") == days)
        .sort(["amount", "symbol"], descending=[True, False])
    )
    return ranked["symbol"].head(NAMES).to_list()


def bars(panel: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Prices on the chain of close / preclose, and masks for a fill at the open.

    An open at the upper limit (preclose x 1.1, half up to the cent) cannot be bought, one at the lower limit cannot be
    sold; on a halted day nothing can be done. ChiNext names (300...) may move by 20 % since 24 August 2020.
    """
    kept = panel.filter(pl.col("symbol").is_in(names)).sort(["symbol", "date"])
    growth = (pl.col("close") / pl.col("preclose")).cum_prod().over("symbol")
    first = pl.col("preclose").first().over("symbol")
    scale = first * growth / pl.col("close")
    wide = pl.col("symbol").str.starts_with("300") & (pl.col("date") >= date(2020, 8, 24))
    limit = pl.when(wide).then(20).otherwise(10)
    up = ((pl.col("preclose") * (100 + limit) + 0.5 + 1e-6).floor()) / 100
    down = ((pl.col("preclose") * (100 - limit) + 0.5 + 1e-6).floor()) / 100
    trades = pl.col("tradestatus") == 1
    return kept.select(
        "date",
        "symbol",
        *((pl.col(name) * scale).alias(name) for name in ("open", "high", "low", "close")),
        trades.alias("tradable"),
        (trades & (pl.col("open") < up - 1e-6)).alias("can_buy"),
        (trades & (pl.col("open") > down + 1e-6)).alias("can_sell"),
    ).sort(["date", "symbol"])


def main(source: Path, target: Path) -> None:
    """Read, choose, convert, write."""
    panel = pl.read_parquet(source / "panel.parquet")
    constituents = pl.read_parquet(source / "constituents.parquet")
    names = chosen(panel, constituents)
    made = bars(panel, names)
    made.write_parquet(target)
    print(f"{target}: {made['date'].n_unique()} days of {', '.join(names)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
