"""What programs have of a family that a user wrote."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Written:
    """A density in Stan."""

    text: str  # of functions, `function` among them
    function: str  # "beta_binomial2_lpmf"
    whole: bool  # responses are whole numbers
    parameters: tuple[tuple[str, str, str], ...]  # name, what it is called in Stan, a key of SUPPORTS
    reads: tuple[str, ...]  # fields of Extra that the function takes after the parameters
