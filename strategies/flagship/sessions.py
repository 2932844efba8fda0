"""One session of simulated order books for every day of a contest, traded by the Deep-Q policy that comes with the package.

    python strategies/flagship/sessions.py            # compares with the bundled file, byte for byte
    python strategies/flagship/sessions.py --write    # writes it

The books are simulated: their spread reverts because it is made to. A session earns by construction, and shows that a
contest finds skill where skill is known. It shows nothing of any market.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from quantrl.agents.dqn_statarb import DqnStatArb
from quantrl.data import load_sample
from quantrl.units import iso_date, ns_from_iso

FILE = Path(__file__).parents[2] / "data" / "pair_sessions.csv"
FIRST, DECISIONS = "2013-01-01", 40


def sessions() -> tuple[str, np.ndarray, np.ndarray]:
    """Text of the file, net returns and costs (D,), fractions of the capital of a session.

    A session is 40 decisions, one a second, seeded by its date; it begins and ends flat. Its capital pays both legs in
    full. The return is known when the day's bar ends.
    """
    policy = DqnStatArb.load()
    time = load_sample("us20").time
    time = time[time >= ns_from_iso(FIRST)]
    net, cost = np.empty(len(time)), np.empty(len(time))
    for i, end in enumerate(time.tolist()):
        result = policy.backtest(seed=int(iso_date(end).replace("-", "")), decisions=DECISIONS)
        assert not result.lots[-1].any(), "a session ends flat"
        net[i] = result.equity[-1] / result.capital - 1.0
        cost[i] = result.cost.sum() / result.capital
    rows = (f"{end},{value:.9f}\n" for end, value in zip(time.tolist(), net.tolist(), strict=True))
    return "time,net\n" + "".join(rows), net, cost


def main() -> int:
    text, net, cost = sessions()
    mean, sd = net.mean(), net.std(ddof=1)
    print(
        f"{len(net)} sessions of {DECISIONS} decisions on simulated books, {np.mean(net > 0):.0%} with a gain"
    )
    print(
        f"basis points of capital a session: net {1e4 * mean:.2f} (sd {1e4 * sd:.1f}), costs {1e4 * cost.mean():.2f}"
    )
    print(f"Sharpe ratio at one session a day: {mean / sd * 252**0.5:.1f} a year")
    if "--write" in sys.argv[1:]:
        FILE.write_text(text, encoding="ascii", newline="\n")
        return 0
    same = FILE.read_text(encoding="ascii") == text
    print(f"{FILE.name}: {'equal, byte for byte' if same else 'differs'}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
