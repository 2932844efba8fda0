"""One session of simulated order books for every day of a contest, traded by the Deep-Q policy that comes with the package.

    python strategies/flagship/sessions.py            # compares with the bundled file, byte for byte
    python strategies/flagship/sessions.py --write    # writes it
    python strategies/flagship/sessions.py --decisions 60   # what sessions of another length would earn; nothing is compared

The books are simulated: their spread reverts because it is made to. A session earns by construction, and shows that a
contest finds skill where skill is known. It shows nothing of any market.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from quantrl.agents.dqn_statarb import DqnStatArb
from quantrl.data import load_sample
from quantrl.units import iso_date, ns_from_iso

FILE = Path(__file__).parents[2] / "data" / "pair_sessions.csv"
FIRST, DECISIONS = "2013-01-01", 40


def sessions(decisions: int = DECISIONS) -> tuple[str, np.ndarray, np.ndarray]:
    """Text of the file, net returns and costs (D,), fractions of the capital of a session.

    A session is so many decisions, one a second, seeded by its date; it begins and ends flat. Its capital pays both legs in
    full. The return is known when the day's bar ends.
    """
    policy = DqnStatArb.load()
    time = load_sample("us20").time
    time = time[time >= ns_from_iso(FIRST)]
    net, cost = np.empty(len(time)), np.empty(len(time))
    for i, end in enumerate(time.tolist()):
        result = policy.backtest(seed=int(iso_date(end).replace("-", "")), decisions=decisions)
        assert not result.lots[-1].any(), "a session ends flat"
        net[i] = result.equity[-1] / result.capital - 1.0
        cost[i] = result.cost.sum() / result.capital
    rows = (f"{end},{value:.9f}\n" for end, value in zip(time.tolist(), net.tolist(), strict=True))
    return "time,net\n" + "".join(rows), net, cost


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--write", action="store_true")
    words.add_argument("--decisions", type=int, default=DECISIONS)
    asked = words.parse_args()
    if asked.write and asked.decisions != DECISIONS:
        words.error(f"--write: the bundled file has sessions of {DECISIONS} decisions")
    text, net, cost = sessions(asked.decisions)
    mean, sd = net.mean(), net.std(ddof=1)
    print(
        f"{len(net)} sessions of {asked.decisions} decisions on simulated books, {np.mean(net > 0):.0%} with a gain"
    )
    print(
        f"basis points of capital a session: net {1e4 * mean:.2f} (sd {1e4 * sd:.1f}), costs {1e4 * cost.mean():.2f}"
    )
    print(f"Sharpe ratio at one session a day: {mean / sd * 252**0.5:.1f} a year")
    if asked.decisions != DECISIONS:
        return 0
    if asked.write:
        FILE.write_text(text, encoding="ascii", newline="\n")
        return 0
    same = FILE.read_text(encoding="ascii") == text
    print(f"{FILE.name}: {'equal, byte for byte' if same else 'differs'}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
