"""Four ways to train for markets that are not the expected one, and what each is worth at every point of a box."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from quantrl.agents._training.slot import Slot
from quantrl.agents.dqn_statarb.config import StatArbTrain, preset
from quantrl.agents.dqn_statarb.lesson import pair_id
from quantrl.agents.dqn_statarb.plan import AGENT
from quantrl.agents.dqn_statarb.policy import PairPolicy, load_policy
from quantrl.agents.dqn_statarb.robust.box import BOX, Box, at
from quantrl.agents.dqn_statarb.robust.iwocs import MOST_ROUNDS, iwocs, pooled
from quantrl.agents.dqn_statarb.robust.scenarios import Scenarios
from quantrl.agents.dqn_statarb.train import TrainRun, train_pair
from quantrl.envs import PairConfig
from quantrl.envs.pair.config import THETA
from quantrl.rng import generator
from quantrl.runs import run_id, write_json

AGENTS = ("nominal", "random", "corner", "iwocs")
RESULTS = "robust.json"
Said = Callable[[str], None]


def robust_study(
    pair: PairConfig,
    train: StatArbTrain | None = None,
    *,
    box: Box = BOX,
    out: str | Path | None = None,
    root: str | Path = "runs",
    rounds: int = MOST_ROUNDS,
    inner: int = 32,
    n_each: int = 16,
    decisions: int = 4096,
    seed: int = 0,
    command: str = "robust_study",
    quiet: bool = False,
    say: Said | None = None,
) -> dict[str, Any]:
    """Train all four, meet every point of the box with each, and write ``robust.json``.

    ``nominal`` is trained on the pair as it is, ``random`` on a point of the box drawn for each episode, ``corner`` where
    everything is adverse, ``iwocs`` by `iwocs`. The recipe is the same for all.

    Parameters
    ----------
    pair : PairConfig
    train : StatArbTrain, optional
        By default preset ``robust``: three seeds, exploration down to 0.1.
    box : Box
    out : path, optional
        Study folder, by default ``root/<id>``; trainings in it that have ended are not repeated.
    root : path
        Folder of ``trials.jsonl``.
    rounds : int
        Of ``iwocs``, at most.
    inner : int
        Points inside the box at which all are compared; the search for worst cases has four times as many, of its own.
    n_each, decisions, seed : int
        Paths of a point, decisions on each, and their seed: fresh ones, that no search for a worst case has met.
    command, quiet
        For manifest and progress.
    say : callable, optional
        Told what is next.

    Returns
    -------
    dict
        Contents of ``robust.json``.

    Raises
    ------
    ConfigError, RunError, KeyboardInterrupt
        As in `train_pair`; an interrupted study goes on when it is called again.
    """
    settings = train or StatArbTrain(**preset("robust")[1])
    settings.discount(pair)
    folder = study_folder(pair, settings, box, out=out, root=root)

    def train_at(where: PairConfig, name: str) -> TrainRun:
        if say is not None:
            say(f"training {name}")
        return train_pair(
            where,
            settings,
            out=folder / name,
            root=root,
            name=f"{folder.name}-{name}",
            command=command,
            quiet=quiet,
        )

    done = iwocs(
        pair,
        settings,
        box,
        folder / "iwocs",
        train_at,
        rounds=rounds,
        inner=4 * inner,
        n_each=max(2, n_each // 2),
        decisions=max(1, decisions // 4),
        seed=seed,
    )
    runs = {
        "nominal": train_at(at(pair, done[0].theta), "round0"),
        "random": train_at(box.within(pair), "random"),
        "corner": train_at(at(pair, box.adverse), "corner"),
    }
    seeds = [*range(settings.seed0, settings.seed0 + settings.seeds)]
    policies = {name: [_policy(run, number) for number in seeds] for name, run in runs.items()}
    policies["iwocs"] = [load_policy(folder / "iwocs" / f"seed{number}") for number in seeds]
    points = box.points(inner, seed + 1)
    paths = int(generator(seed, 0, "check").integers(2**62))
    found: dict[str, Scenarios] = {}
    for name in AGENTS:
        if say is not None:
            say(f"{len(points)} points for {name}")
        found[name] = pooled(policies[name], pair, points, n_each=n_each, decisions=decisions, seed=paths)
    results = {
        "schema": 1,
        "command": command,
        "pair": pair.model_dump(mode="json"),
        "train": settings.model_dump(mode="json"),
        "box": {name: list(bounds) for name, bounds in asdict(box).items()},
        "theta": dict(zip(THETA, points.T.tolist(), strict=True)),
        "paths": {"n_each": n_each, "decisions": decisions, "seed": seed},
        "rounds": [
            {"theta": one.theta.tolist(), "worst": one.worst.tolist(), "ratio": one.ratio, "se": one.se}
            for one in done
        ],
        "agents": {name: _row(found[name]) for name in AGENTS},
    }
    write_json(folder / RESULTS, results)
    return results


def study_folder(
    pair: PairConfig,
    train: StatArbTrain,
    box: Box = BOX,
    *,
    out: str | Path | None = None,
    root: str | Path = "runs",
) -> Path:
    """Where a study goes: `out`, or below `root` a name with eight hex digits over settings and code."""
    if out is not None:
        return Path(out)
    settings = train.model_dump(mode="json", exclude={"jobs", "executor"})
    return Path(root) / run_id(f"{AGENT}-robust", ["robust", settings, asdict(box)], pair_id(pair))


def _policy(run: TrainRun, seed: int) -> PairPolicy:
    return load_policy(Slot.below(run.path, 0, seed).folder)


def _row(found: Scenarios) -> dict[str, Any]:
    """At the nominal point, which comes first, at the worst, and everywhere."""
    worst, lowest = found.worst(1)[0], int(found.sharpe.argmin())
    return {
        "nominal": {"ratio": float(found.ratio[0]), "sharpe": float(found.sharpe[0])},
        "worst": {"ratio": float(found.ratio[worst]), "se": float(found.ratio_se[worst]), "point": worst},
        "worst_sharpe": {"sharpe": float(found.sharpe[lowest]), "point": lowest},
        "kept": float(found.sharpe[lowest] / found.sharpe[0]) if found.sharpe[0] > 0 else None,
        "mean_ratio": float(found.ratio.mean()),
        "ratio": found.ratio.tolist(),
        "se": found.ratio_se.tolist(),
        "sharpe": found.sharpe.tolist(),
    }


def verdicts(results: dict[str, Any]) -> Sequence[str]:
    """What was aimed at and whether it was reached, in words."""
    agents = results["agents"]
    own = agents["iwocs"]
    others = {name: agents[name]["worst_sharpe"]["sharpe"] for name in AGENTS if name != "iwocs"}
    best = max(others, key=lambda name: others[name])
    kept = own["kept"]
    first = (
        "has no Sharpe ratio to keep at the nominal point"
        if kept is None
        else f"keeps {kept:.0%} of its nominal Sharpe ratio at the worst point (aim: 70 %)"
    )
    lead = own["worst_sharpe"]["sharpe"] - others[best]
    second = f"is {'above' if lead > 0 else 'NOT above'} the best other, {best}, by {lead:+.3f}"
    twins = [name for name in others if agents[name]["ratio"] == own["ratio"]]
    same = [
        f"It acted as `{name}` on every path: the least value was always that agent's, so nothing was gained by the rounds."
        for name in twins
    ]
    return [f"`iwocs` {first}.", f"Its worst Sharpe ratio {second}.", *same]
