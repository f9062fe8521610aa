"""A family with other links, or with parameters that are held at numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from stanmlm.base.arguments import shown
from stanmlm.base.errors import OptionError, did_you_mean
from stanmlm.families.distributional import Distributional
from stanmlm.families.family import Family
from stanmlm.families.links import LINKS
from stanmlm.families.reductions import extra_at
from stanmlm.families.responses import Response


def holding(family: Family, constants: Mapping[str, float]) -> Family:
    """A family with some of its parameters held at numbers.

    Raises
    ------
    OptionError
        For a number where the parameter cannot be.
    """
    if not constants:
        return family
    for one in family.scalars:
        value = constants.get(one.name, np.nan)
        if value < one.within.low or value > one.within.high:
            raise OptionError(f"{one.name} cannot be {value:g}: it lies from {one.within.low:g} to {one.within.high:g}")
    return replace(
        family,
        parameters=tuple(one for one in family.parameters if one.name not in constants),
        constants=constants,
        whole=family,
    )


def require_density(family: Family, given: Mapping[str, float], response: Response) -> None:
    """Refuse parameters that are held where no response has a density, as sigma = 0.

    Raises
    ------
    OptionError
        For one at an end of where it may lie, if the density is not finite there, whatever the response.
    """
    every = (family.whole or family).scalars
    held = [one.name for one in every if given.get(one.name) in (one.within.low, one.within.high)]
    if not held:
        return
    for one in every:
        if one.name in held and one.support == "unit":
            raise OptionError(f"{one.name} cannot be {given[one.name]:g}: it lies between 0 and 1")
    starts = {one.name: one.within.inside(np.asarray(one.start(response))) for one in family.parameters}
    theta = family.theta({}, {name: np.full((1, 1), float(value)) for name, value in starts.items()})
    with np.errstate(all="ignore"):
        density = family.log_density(response.y, theta, extra_at(response))
    if not np.isfinite(density).any():
        raise OptionError(f"{held[0]} cannot be {given[held[0]]:g}: no response has a density there")


def with_link(family: Family, link: str) -> Family:
    """A family with another link of its location.

    Raises
    ------
    OptionError
        For a link that the family does not have.
    """
    return with_links(family, [link])


def with_links(family: Family, links: Sequence[str]) -> Family:
    """A family with other links of its first parameters."""
    named, rest = family.parameters[: len(links)], family.parameters[len(links) :]
    given = (_linked(family, parameter, link) for parameter, link in zip(named, links, strict=True))
    return replace(family, parameters=(*given, *rest))


def _linked(family: Family, parameter: Distributional, link: str) -> Distributional:
    if not isinstance(link, str) or link not in parameter.links:
        text = link if isinstance(link, str) else shown(link)
        of = family.name if parameter is family.location else f"`{parameter.name}` in {family.name}"
        raise OptionError(f"`{text}` is not a link of {of}" + did_you_mean(text, parameter.links))
    return replace(parameter, link=LINKS[link])
