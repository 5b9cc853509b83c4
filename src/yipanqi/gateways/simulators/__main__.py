"""`python -m yipanqi.gateways.simulators --config FILE`: run the simulated institutions of a file until told to end."""

import argparse
import sys
from pathlib import Path

from yipanqi.gateways.simulators.config import read_config
from yipanqi.gateways.simulators.serving import serve
from yipanqi.kernel.errors import YipanqiError


def main(arguments: list[str]) -> int:
    """Serve; 0 at the end, 2 with one line on stderr when it could not begin."""
    parser = argparse.ArgumentParser(prog="python -m yipanqi.gateways.simulators")
    parser.add_argument("--config", type=Path, required=True, help="a JSON file, see docs/gateways.md")
    try:
        serve(read_config(parser.parse_args(arguments).config))
    except YipanqiError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
