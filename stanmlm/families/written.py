"""What programs have of a family that a user wrote."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Written:
    """A density in Stan."""

    text: str  # of functions, `function` among them
    function: str  # "beta_binomial2_lpmf"
    whole: bool  # responses are whole numbers
    parameters: tuple[tuple[str, str, str], ...]  # name, what it is called in Stan, a key of SUPPORTS; in its order
    reads: tuple[str, ...]  # what the function takes after the parameters, of a response: "trials", "vint1", "vreal1"
    reals: tuple[str, ...] = ()  # those of `reads` that need not be whole numbers
    tails: tuple[str, ...] = ()  # "lcdf", "lccdf": those that the text has beside the density
    loop: bool = True  # the function is of one response, not of all at once

    @property
    def integers(self) -> tuple[str, ...]:
        """What programs have as integers."""
        return (*(("y",) if self.whole else ()), *(name for name in self.reads if name not in self.reals))

    @property
    def stem(self) -> str:
        """What the functions of the text are called, without an ending: "beta_binomial2"."""
        return self.function.rsplit("_", 1)[0]
