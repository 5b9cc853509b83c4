"""`python -m yipanqi.rehearsal`: the demo. Exits 2 with one line on stderr when it cannot start."""

import argparse
import os
import sys
from pathlib import Path

from yipanqi.config.__main__ import number
from yipanqi.config.folders import data_folder
from yipanqi.kernel.errors import YipanqiError

PORT = 8080
SEED = 96110


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; 0 when it was told to stop, 2 when it could not start."""
    parser = argparse.ArgumentParser(
        prog="python -m yipanqi.rehearsal",
        description="Start a whole centre and play the synthetic province into it. 启动演示中心。",
    )
    parser.add_argument("--port", type=int, help=f"port to serve on (YIPANQI_PORT, else {PORT})")
    parser.add_argument("--seed", type=int, default=SEED, help=f"seed of the province (default {SEED})")
    parser.add_argument(
        "--no-play", action="store_true", help="neither history nor live play, just the centre"
    )
    parser.add_argument("--quick", action="store_true", help="a history of two hours only")
    given = parser.parse_args(arguments)
    try:
        from yipanqi.rehearsal.demo import Options, run  # inline: --help answers at once

        options = Options(
            data=data_folder(Path.cwd()),
            port=given.port or number("YIPANQI_PORT", PORT),
            seed=given.seed,
            play=not given.no_play,
            quick=given.quick,
            host=os.environ.get("YIPANQI_BIND", "127.0.0.1"),
        )
        run(options)
    except YipanqiError as error:
        print(f"yipanqi: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
