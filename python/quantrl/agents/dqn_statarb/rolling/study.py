"""A training a window, each a line of the trial ledger, and three answers to drift judged on the same sessions."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantrl.agents.dqn_statarb.adapt import ANSWERS, DriftWatch
from quantrl.agents.dqn_statarb.config import StatArbTrain, preset
from quantrl.agents.dqn_statarb.lesson import pair_id
from quantrl.agents.dqn_statarb.plan import AGENT
from quantrl.agents.dqn_statarb.policy import PairPolicy
from quantrl.agents.dqn_statarb.replay.judge import Judge
from quantrl.agents.dqn_statarb.replay.rules import fitted
from quantrl.agents.dqn_statarb.replay.trace import Trace, by, trace
from quantrl.agents.dqn_statarb.rolling.windows import rolling_windows
from quantrl.agents.dqn_statarb.train import train_pair
from quantrl.envs import PairConfig
from quantrl.envs.pair import PairBatch
from quantrl.rng import generator
from quantrl.runs import run_id, write_json
from quantrl.typing import IntArray

RESULTS = "rolling.json"
SESSIONS = 2
LATENCY_DRAWS = 4
Said = Callable[[str], None]


def rolling_study(
    pair: PairConfig,
    train: StatArbTrain | None = None,
    *,
    sessions: int = SESSIONS,
    out: str | Path | None = None,
    root: str | Path = "runs",
    seed: int = 0,
    command: str = "rolling_study",
    quiet: bool = False,
    say: Said | None = None,
) -> dict[str, Any]:
    """Train on every window of `rolling_windows`, judge on its last session, and write ``rolling.json``.

    ``retrain`` trades each session with the policy of its own window; ``stand_down`` too, but is flat from an alarm of
    `DriftWatch` until the next session's policy; ``ignore`` trades all of them with the policy of the first window. With
    `StatArbTrain.warm` every window but the first begins with the networks of the one before.

    Parameters
    ----------
    pair : PairConfig
        Of ``replay``.
    train : StatArbTrain, optional
        By default preset ``rolling``.
    sessions : int
        To train on.
    out : path, optional
        Study folder, by default ``root/<id>``; trainings in it that have ended are not repeated.
    root : path
        Folder of ``trials.jsonl``: each retrain adds a line for each of its seeds.
    seed : int
        Of latencies and of the resampling.
    command, quiet
        For manifest and progress.
    say : callable, optional
        Told what is next.

    Returns
    -------
    dict
        Contents of ``rolling.json``: ``windows`` with each answer's net, and ``answers`` over all judged sessions.

    Raises
    ------
    ConfigError, DataError
        As `rolling_windows`.
    RunError, KeyboardInterrupt
        As in `train_pair`; an interrupted study goes on when it is called again.
    """
    settings = train or StatArbTrain(**preset("rolling")[1])
    windows = rolling_windows(pair, sessions)
    folder = study_folder(pair, settings, sessions, out=out, root=root)
    how: dict[str, Any] = {
        "segment": "test",
        "n_envs": LATENCY_DRAWS,
        "seed": int(generator(seed, 10, "check").integers(2**62)),
    }
    first: PairPolicy | None = None
    before: Path | None = None
    rows, traces = [], {name: list[Trace]() for name in ANSWERS}
    for number, window in enumerate(windows):
        if say is not None:
            say(f"window {number + 1} of {len(windows)}")
        run = train_pair(
            window,
            settings if before is not None else settings.replace(warm=False),
            after=before if settings.warm else None,
            out=folder / f"window{number}",
            root=root,
            name=f"{folder.name}-window{number}",
            command=command,
            quiet=quiet,
        )
        policy, before = run.policy(), run.path
        first = first or policy
        standing = StandingDown(policy, watch_of(window))
        choices = {"stand_down": standing.choose, "retrain": by(policy.act), "ignore": by(first.act)}
        found = {name: trace(choices[name], window, **how) for name in ANSWERS}
        for name, one in found.items():
            traces[name].append(one)
        rows.append(
            {
                "run": run.manifest["id"],
                "span": list(window.span),
                "split": list(window.split),
                "decisions": len(found["ignore"].net),
                "alarm": standing.alarm,
                "net": {name: float(one.net.sum()) for name, one in found.items()},
            }
        )
    whole = {name: joined(each) for name, each in traces.items()}
    judge = Judge.of(whole, pair.dt, seed=seed)
    results = {
        "schema": 1,
        "command": command,
        "pair": pair.model_dump(mode="json"),
        "pair_id": pair_id(pair),
        "train": settings.model_dump(mode="json"),
        "sessions": sessions,
        "hours": judge.hours,
        "windows": rows,
        "answers": {
            name: {**judge.row(one), "difference": judge.difference(one, whole["ignore"])}
            for name, one in whole.items()
        },
    }
    write_json(folder / RESULTS, results)
    return results


def study_folder(
    pair: PairConfig,
    train: StatArbTrain,
    sessions: int = SESSIONS,
    *,
    out: str | Path | None = None,
    root: str | Path = "runs",
) -> Path:
    """Where a study goes: `out`, or below `root` a name with eight hex digits over settings and code."""
    if out is not None:
        return Path(out)
    settings = train.model_dump(mode="json", exclude={"jobs", "executor"})
    return Path(root) / run_id(f"{AGENT}-rolling", ["rolling", settings, sessions], pair_id(pair))


def watch_of(window: PairConfig) -> DriftWatch:
    """A watch on z, with the fit of the window's training part; a spread that does not revert there is never missed."""
    fit = fitted(window)
    phi = min(max(math.exp(-fit.kappa_dt), 1e-6), 1.0 - 1e-6)
    return DriftWatch(phi, fit.sd, answer="stand_down")


class StandingDown:
    """A policy that is shown only flat as legal once its watch has alarmed.

    Attributes
    ----------
    alarm : int, optional
        Decision of the alarm.
    """

    def __init__(self, policy: PairPolicy, watch: DriftWatch) -> None:
        self._policy, self._watch, self._decisions = policy, watch, 0
        self.alarm: int | None = None

    def choose(self, batch: PairBatch, obs: NDArray[np.float32]) -> IntArray:
        """As `Choose`; every environment sees the same z."""
        self._watch.push(obs[:1, batch.layout.at("z")].astype(np.float64))
        if self._watch.alarmed[0] and self.alarm is None:
            self.alarm = self._decisions
        self._decisions += 1
        if self._watch.flat_only[0]:
            obs = obs.copy()
            obs[:, batch.layout.legal] = np.asarray(batch.config.targets) == 0.0
        return self._policy.act(obs)


def joined(traces: list[Trace]) -> Trace:
    """Sessions one after the other."""
    lengths = np.array([len(one.net) for one in traces], dtype=np.float64)
    return Trace(
        net=np.concatenate([one.net for one in traces]),
        cost=np.concatenate([one.cost for one in traces]),
        finals=np.sum([one.finals for one in traces], axis=0),
        turnover=sum(one.turnover for one in traces),
        legged=sum(one.legged for one in traces),
        legged_ns=sum(one.legged_ns for one in traces),
        illegal=sum(one.illegal for one in traces),
        traded=float(np.average([one.traded for one in traces], weights=lengths)),
    )
