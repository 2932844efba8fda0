"""Schedules and accounts of one study, each made once; every figure is read from these."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from quantrl.agents.sharpe_portfolio.evaluation import baselines
from quantrl.agents.sharpe_portfolio.evaluation.accounts import Account, Ground
from quantrl.agents.sharpe_portfolio.evaluation.baselines import BaselinePlan, stitch
from quantrl.agents.sharpe_portfolio.evaluation.controls import (
    corner_actions,
    dirichlet_weights,
    mean_weights,
)
from quantrl.agents.sharpe_portfolio.evaluation.study import Options, Study
from quantrl.agents.sharpe_portfolio.evaluation.walking import FoldWalk, corner_targets, walk_fold
from quantrl.backtest import Schedule
from quantrl.envs import Market, PortfolioConfig
from quantrl.typing import FloatArray, JsonObject

Tick = Callable[[str], None]
AGENT = "agent"
_CORNERS_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Material:
    """A study led through its test segments.

    Attributes
    ----------
    study : Study
    options : Options
    tick : callable
        Called with a note after each piece of work.
    """

    study: Study
    options: Options
    tick: Tick

    @cached_property
    def config(self) -> PortfolioConfig:
        """Settings of evaluation: every name is held."""
        return self.study.config.replace(assets="fixed", n_assets=None)

    @cached_property
    def ground(self) -> Ground:
        """Where accounts are run."""
        return Ground(self.study.panel, self.config)

    @cached_property
    def market(self) -> Market:
        """What policies see."""
        return Market.of(self.study.panel, self.config)

    @cached_property
    def walks(self) -> list[FoldWalk]:
        """Every policy in its test segment, with its controls."""
        return [
            walk_fold(
                self.market,
                self.config,
                fold,
                self.study.policies[fold.index],
                draws=self.options.draws,
                seed=self.options.seed,
                tick=lambda: self.tick("policies and their controls"),
            )
            for fold in self.study.folds
        ]

    @cached_property
    def plans(self) -> list[BaselinePlan]:
        """Decisions of the baselines that are installed."""
        return [
            baselines.plan(one, self.study.panel, self.study.folds, lambda: self.tick("baselines"))
            for one in self.options.baselines
            if one.installed
        ]

    @cached_property
    def schedules(self) -> dict[str, Schedule]:
        """Agent, the controls that are one account, and baselines, over all test segments."""
        own = {
            AGENT: [w.schedule(w.ensemble) for w in self.walks],
            "static_val": [w.schedule(w.validation.mean(axis=0)) for w in self.walks],
            "static_test": [w.schedule(mean_weights(w.ensemble)) for w in self.walks],
            "frozen": [w.schedule(w.frozen.mean(axis=0)) for w in self.walks],
        }
        rivals = {plan.baseline.name: plan.stitched for plan in self.plans}
        return {name: stitch(parts) for name, parts in own.items()} | rivals

    @cached_property
    def accounts(self) -> dict[str, Account]:
        """One account per schedule over all test bars."""
        return self.ground.accounts(self.schedules, self.study.span)

    @cached_property
    def fold_seed(self) -> list[JsonObject]:
        """A row for every seed of every fold, in an account of its own."""
        rows = []
        for walk in self.walks:
            own = {str(seed): walk.schedule(walk.agent[i]) for i, seed in enumerate(walk.seeds)}
            for seed, account in self.ground.accounts(own, walk.fold.test).items():
                rows.append({"fold": walk.fold.index, "seed": int(seed), **account.summary})
        return rows

    @cached_property
    def folds(self) -> list[JsonObject]:
        """A row for every fold: the ensemble, and Sharpe ratios of it and the baselines, each begun from cash."""
        rows = []
        for at, walk in enumerate(self.walks):
            own = {AGENT: walk.schedule(walk.ensemble)}
            rivals = {plan.baseline.name: plan.folds[at] for plan in self.plans}
            found = self.ground.accounts(own | rivals, walk.fold.test)
            sharpe = {name: account.summary["sharpe"] for name, account in found.items()}
            rows.append({"fold": walk.fold.index, AGENT: found[AGENT].summary, "sharpe": sharpe})
        return rows

    @cached_property
    def seeds(self) -> list[JsonObject]:
        """A row for every seed that has a policy in each fold, over all test bars."""
        shared = set.intersection(*(set(walk.seeds) for walk in self.walks))
        schedules = {}
        for seed in (seed for seed in self.walks[0].seeds if seed in shared):
            parts = [walk.schedule(walk.agent[walk.seeds.index(seed)]) for walk in self.walks]
            schedules[str(seed)] = stitch(parts)
        found = self.ground.accounts(schedules, self.study.span)
        return [{"seed": int(seed), **account.summary} for seed, account in found.items()]

    def drawn(self, control: str) -> Iterator[Schedule]:
        """Schedules of ``shuffled`` or ``noise``, one per draw."""
        parts: list[FloatArray] = [getattr(walk, control) for walk in self.walks]
        for draw in range(self.options.draws):
            yield stitch([w.schedule(part[draw]) for w, part in zip(self.walks, parts, strict=True)])

    def corners(self) -> Iterator[Schedule]:
        """Static portfolios at the ends of the action box, or uniform ones where there are too many ends."""
        n = self.market.shape[1]
        actions = corner_actions(self.config, n)
        if actions is None:
            for weights in dirichlet_weights(n, seed=self.options.seed):
                yield stitch([walk.schedule(weights) for walk in self.walks])
            return
        for at in range(0, len(actions), _CORNERS_AT_ONCE):
            some = actions[at : at + _CORNERS_AT_ONCE]
            targets = [corner_targets(self.market, self.config, w.fold, some) for w in self.walks]
            for c in range(len(some)):
                yield stitch([w.schedule(t[c]) for w, t in zip(self.walks, targets, strict=True)])
