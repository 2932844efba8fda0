"""An engine that does nothing but what a test asks: ``fake_engine.py FOLDER MODE --under N``.

It writes its process id, and the mode, to a line of FOLDER/lives.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from quantrl.live.folder_lock import FolderLock
from quantrl.live.heart import OPENING, RUNNING, STANDING, STOPPING, Heart

folder, mode, *rest = sys.argv[1:]
words = dict(zip(rest[::2], rest[1::2], strict=True))
heart = Heart.joined(int(words["--under"]))
heart.tell(STANDING)
held = heart.told_to_open()
state, stopping = "ACTIVE", False


def heard(number: int, frame: FrameType | None) -> None:
    global state, stopping
    if number == signal.SIGUSR1 and mode == "dies of a halt once" and life == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == signal.SIGUSR1 and mode != "deaf":
        state = "HALTED"
        (Path(folder) / "halted").touch()
    if number == signal.SIGTERM and mode != "stubborn":
        stopping = True


signal.signal(signal.SIGUSR1, heard)
signal.signal(signal.SIGTERM, heard)
heart.tell(OPENING)
with (Path(folder) / "lives").open("a") as file:
    file.write(f"{os.getpid()} {mode} {'NOTIFY_SOCKET' in os.environ}\n")
life = len((Path(folder) / "lives").read_text().splitlines())
lock = held or FolderLock(Path(folder))
heart.hand_over(lock.fileno())
if mode == "folding":
    for _ in range(20):
        heart.beat()
        time.sleep(0.1)
if mode == "stuck":
    faulthandler.enable((Path(folder) / "stacks").open("w"))
    time.sleep(60)
if mode == "slow call":
    with heart.longer(30):
        time.sleep(2)
heart.tell(RUNNING, state, "bar 1 of 2")
if mode.startswith("exit"):
    sys.exit(int(mode.split()[1]))
if mode == "crash" or (mode.startswith("crash, then exit") and life == 1):
    os.kill(os.getpid(), signal.SIGKILL)
if mode == "hang":
    faulthandler.enable((Path(folder) / "stacks").open("w"))
    time.sleep(60)
if mode == "hang for good":
    signal.signal(signal.SIGABRT, signal.SIG_IGN)
    time.sleep(60)
if mode.startswith("crash, then exit"):
    sys.exit(int(mode.split()[-1]))
end = time.monotonic() + 30
while not stopping and time.monotonic() < end:
    if (Path(folder) / "KILL").exists() and mode != "deaf":
        state = "HALTED"
    heart.tell(RUNNING, state, "bar 1 of 2")
    if mode in ("folding", "slow call"):
        break
    time.sleep(0.02)
heart.tell(STOPPING, state)
