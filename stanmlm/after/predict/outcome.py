"""What a response is called where people read it: on the axes of figures."""

from collections.abc import Callable, Mapping

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.data.raw_response import RawResponse
from stanmlm.fit.fit import Fit
from stanmlm.formula.rtext import deparse


def outcome(fit: Fit) -> str:
    """What the response measures or counts.

    `sick` for `cbind(sick, well)` and for `sick | trials(n)`; "choice is R" for a factor of the levels D and R; else
    the left of the formula itself.

    Examples
    --------
    >>> from stanmlm import glm, simulate_redblue
    >>> fit = glm("cbind(vote, 1 - vote) ~ income", simulate_redblue(seed=1, n=500), family="binomial", seed=1)
    >>> outcome(fit), expected_text(fit)
    ('vote', 'probability of vote')
    """
    raw, response = fit.model.frame.response, fit.model.formula.response
    if raw is None or response is None:
        return fit.model.response.label
    if raw.kind == "cbind":
        return deparse(response.node.args[0][1])
    told = raw.kind == "factor" and not fit.model.family.categories
    return f"{raw.label} {_success(raw)}" if told else raw.label


def _success(raw: RawResponse) -> str:
    """R: the first level is failure, all others are success."""
    return f"is {raw.levels[1]}" if len(raw.levels) == 2 else f"is not {raw.levels[0]}"


def shown_text(fit: Fit) -> str:
    """The response as checks show it: `sick`, or the share of trials that it was."""
    several = bool(np.any(fit.model.response.trials > 1))
    return f"share of {outcome(fit)}" if several and _counts(fit) else outcome(fit)


def expected_text(fit: Fit) -> str:
    """What the model expects of one trial, in words: a probability, or a mean."""
    if is_probability(fit) and (_counts(fit) or not np.any(fit.model.response.trials > 1)):
        joint = "that" if _kind(fit) == "factor" else "of"
        return f"probability {joint} {outcome(fit)}"
    return f"expected {outcome(fit)}"


def linear_text(fit: Fit) -> str:
    """The linear predictor, named by the scale that it is on."""
    link = fit.model.family.link.name
    return outcome(fit) if link == "identity" else f"{expected_text(fit)} ({link} scale)"


def is_probability(fit: Fit) -> bool:
    """Whether one trial's response is at most one, so that its expectation is a probability."""
    return bool(fit.model.family.bounds(np.ones(1))[1][0] == 1)


def _kind(fit: Fit) -> str:
    return fit.model.frame.response.kind if fit.model.frame.response else ""


def _counts(fit: Fit) -> bool:
    """Whether the formula names what was counted; shares that come with trials are what they are."""
    raw = fit.model.frame.response
    return raw is not None and (raw.kind == "cbind" or "trials" in raw.added)


SPOKEN: Mapping[str, Callable[[Fit], str]] = {"epred": expected_text, "linpred": linear_text, "predict": outcome}


def observed_responses(fit: Fit) -> Floats | None:
    """What was observed in the rows, on the scale of expected responses: shares where there are trials.

    None of categories, and of responses of several numbers.
    """
    response = fit.model.response
    if fit.model.family.categories or response.y.ndim > 1:
        return None
    return np.asarray(response.y / np.where(response.trials > 0, response.trials, np.nan))
