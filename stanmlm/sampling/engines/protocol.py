"""What an engine does, and the records that go in and come out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from stanmlm.base.arrays import Anything, Floats
from stanmlm.sampling.program import Program

StanData = Mapping[str, object]  # NumPy arrays, floats and ints by Stan data name
Point = Mapping[str, Floats]  # constrained parameter values by Stan name, each in its declared shape


@dataclass(frozen=True)
class Sampling:
    """How to sample, by rstanarm's names; `iter` counts warm-up."""

    chains: int = 4
    iter: int = 2000
    warmup: int | None = None  # half of iter
    thin: int = 1
    seed: int | None = None  # drawn once, and kept with the fit, where None
    adapt_delta: float = 0.8
    max_treedepth: int = 10
    cores: int | None = None  # all of the machine's, at most one a chain


@dataclass(frozen=True)
class RawDraws:
    """What an engine hands back, before anything has a user's name."""

    values: Mapping[str, Floats]  # by Stan name, parameters and then what the program computes from them:
    #                               (chains, draws, *declared shape); what has no elements is absent
    stats: Mapping[str, Anything]  # ArviZ's names (lp, diverging, tree_depth, n_steps, acceptance_rate,
    #                                step_size, energy): (chains, draws)
    engine: str
    version: str
    seconds: tuple[float, float]  # compile or load, sample (wall)
    sampling: Sampling  # with every None resolved


class Engine(Protocol):
    """The three things that the rest of the package asks of an engine."""

    @property
    def name(self) -> str:
        """How a user asks for it."""
        ...

    @property
    def version(self) -> str:
        """Version of the engine, for the print of a fit."""
        ...

    def sample(
        self,
        program: Program,
        data: StanData,
        sampling: Sampling,
        inits: Sequence[Point] | None,
        progress: bool,
        inv_metric: Floats | None,
    ) -> RawDraws:
        """Draws from the posterior; `inits` is one point for all chains, or one a chain.

        `inv_metric` is where the adaptation of the diagonal starts: a variance a free parameter, unconstrained order.
        """
        ...

    def log_density(self, program: Program, data: StanData, point: Point) -> tuple[float, Floats]:
        """Log density with the Jacobian, and its gradient, both on the unconstrained scale at `point`."""
        ...

    def optimize(self, program: Program, data: StanData, seed: int) -> Point:
        """The mode of the density on the unconstrained scale."""
        ...
