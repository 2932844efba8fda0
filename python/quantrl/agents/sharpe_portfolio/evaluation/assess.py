"""From policies to figures: one walk over the test segments, one engine, one dictionary of plain values."""

from __future__ import annotations

from dataclasses import asdict

from quantrl.agents.sharpe_portfolio.evaluation import baselines, costs, figures, versus
from quantrl.agents.sharpe_portfolio.evaluation.aims import aims
from quantrl.agents.sharpe_portfolio.evaluation.material import AGENT, Material, Tick
from quantrl.agents.sharpe_portfolio.evaluation.study import Options, Study
from quantrl.typing import JsonObject
from quantrl.units import iso_date

FORMAT = "quantrl-evaluation/1"


def assess(study: Study, options: Options | None = None, tick: Tick = lambda note: None) -> JsonObject:
    """Everything the results page says of a study, but who ran it.

    Parameters
    ----------
    study : Study
    options : Options, optional
    tick : callable
        Called with a note after each of `quantrl.agents.sharpe_portfolio.evaluation.study.steps` steps.

    Returns
    -------
    dict
        Plain values, None where a figure is undefined.

    Raises
    ------
    DataError
        Returns of different dates; no full window before a segment.
    ConfigError
        Costs an account cannot charge.
    """
    material = Material(study, options or Options(), tick)
    found = {"format": FORMAT, **_frame(material), **_performance(material)}
    tick("statistics")
    found["controls"] = figures.controls(material, found.pop("intervals"))
    tick("controls")
    found |= _claims(found)
    found |= _at_other_costs(material)
    tick("costs")
    return found | {"diagnostics": figures.diagnostics(material), "series": _series(material)}


def _frame(material: Material) -> JsonObject:
    """What was tested, when, under which costs."""
    series = material.accounts[AGENT].series
    time = material.study.panel.time
    folds: list[JsonObject] = []
    for fold in material.study.folds:
        segments = {"train": fold.train, "validation": fold.validation, "test": fold.test}
        dates = {
            name: [iso_date(int(time[a])), iso_date(int(time[b - 1]))] for name, (a, b) in segments.items()
        }
        folds.append({"index": fold.index, **dates})
    options = asdict(material.options)
    return {
        "test": {"first": series.dates[0], "last": series.dates[-1], "bars": len(series.time)},
        "folds": folds,
        "env": material.config.model_dump(mode="json"),
        "periods_per_year": material.ground.periods_per_year,
        "names": material.study.panel.n_instruments,
        "options": {name: options[name] for name in ("draws", "bootstrap", "seed")},
        "trials": material.study.trials.to_json(),
    }


def _performance(material: Material) -> JsonObject:
    bounds = figures.intervals(material)
    return {
        "intervals": bounds,
        "agent": figures.agent(material, bounds),
        "seeds": material.seeds,
        "fold_seed": material.fold_seed,
        "fold_accounts": material.folds,
        "iqm": figures.pooled(material),
        "baselines": figures.baselines(material, bounds),
        "absent": [one.name for one in material.options.baselines if not one.installed],
    }


def _claims(found: JsonObject) -> JsonObject:
    """What the page may say in words."""
    controls = found["controls"]
    return {
        "dynamic": versus.is_dynamic(controls["static_val"]["versus"], controls["shuffled"]["beaten"]),
        "beats": [row["name"] for row in found["baselines"] if versus.beats(row["versus"])],
        "aims": aims(found),
    }


def _at_other_costs(material: Material) -> JsonObject:
    span, schedules = material.study.span, material.schedules
    rival = schedules.get(baselines.BREAK_EVEN)
    own = schedules[AGENT]
    return {
        "sweep": costs.sweep(material.ground, schedules, span, material.options.costs_bps),
        "break_even": None if rival is None else costs.break_even(material.ground, own, rival, span),
    }


def _series(material: Material) -> JsonObject:
    accounts = material.accounts
    returns = {name: account.series.returns.tolist() for name, account in accounts.items()}
    return {"time": accounts[AGENT].series.dates, "returns": returns}
