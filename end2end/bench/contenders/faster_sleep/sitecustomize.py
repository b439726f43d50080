"""Where AWS's time goes faster, a script's waiting does too: an SDK that backs off for a second would otherwise wait
for ten of the simulator's. Python loads this by itself when its directory is in PYTHONPATH."""

import os
import time

_speed = float(os.environ.get("BENCH_SPEED", "1"))
_sleep = time.sleep


def _faster_sleep(seconds: float) -> None:
    _sleep(seconds / _speed)


time.sleep = _faster_sleep
