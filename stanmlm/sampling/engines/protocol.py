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
    """The three things that the rest of the package asks of an engine.

    Attributes
    ----------
    name
        How a user asks for it.
    version
        Its version, for the print of a fit.

    Examples
    --------
    >>> from stanmlm import choose_engine
    >>> choose_engine("stanli").name
    'stanli'
    """

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
        """Draws from the posterior, in Stan's names.

        Parameters
        ----------
        program
            The Stan program.
        data
            Its data block.
        sampling
            Chains, iterations, seed and the like.
        inits
            One point for all chains, or one a chain, on the scale of the parameters; None for Stan's own.
        progress
            Whether to show bars.
        inv_metric
            Where the adaptation of the diagonal starts: a variance a free parameter, in unconstrained order; None for
            ones.

        Returns
        -------
        RawDraws
            Values by Stan name, (chains, draws, ...), and ArviZ's sampler statistics, (chains, draws).

        Raises
        ------
        EngineError
            Where it cannot sample.
        """
        ...

    def log_density(self, program: Program, data: StanData, point: Point) -> tuple[float, Floats]:
        """Log density with the Jacobian, and its gradient, both on the unconstrained scale.

        Parameters
        ----------
        program
            The Stan program.
        data
            Its data block.
        point
            Values by parameter, constrained.

        Returns
        -------
        tuple
            The log density, and its gradient, (free parameters,).

        Raises
        ------
        EngineError
            Where it cannot compute it.
        """
        ...

    def optimize(self, program: Program, data: StanData, seed: int) -> Point:
        """The mode of the density on the unconstrained scale.

        Parameters
        ----------
        program
            The Stan program.
        data
            Its data block.
        seed
            Of the start.

        Returns
        -------
        Mapping
            Values by parameter, constrained.

        Raises
        ------
        EngineError
            Where it finds none.
        """
        ...
