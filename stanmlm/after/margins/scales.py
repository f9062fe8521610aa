"""The scale that marginal means are on: a link's or a transformed response's, and the way back from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.base.errors import OptionError, did_you_mean
from stanmlm.families.links import LINKS
from stanmlm.fit.fit import Fit
from stanmlm.formula.rcode import Node, is_call, operands


@dataclass(frozen=True)
class Transformed:
    """A transformation that draws are under, of the response or of a parameter."""

    name: str = ""  # "logit"; "" for none
    back: Callable[[Floats], Floats] | None = None  # None where nobody knows it
    forward: Callable[[Floats], Floats] | None = None
    label: str = "response"  # what back-transformed estimates are called: "prob", "rate", "odds.ratio"
    compares: bool = False  # whether differences become ratios on the way back
    base: str = ""  # "log" of `log(mu + 1)`, whose contrasts are as those of logs

    @property
    def is_none(self) -> bool:
        """Whether draws are on the response's scale."""
        return not self.name


NONE = Transformed()


def _exp2(x: Floats) -> Floats:
    return np.asarray(np.exp2(x))


def _exp10(x: Floats) -> Floats:
    return np.asarray(10.0**x)


def _square(x: Floats) -> Floats:
    return np.maximum(x, 0.0) ** 2


# emmeans's `.make.link`: what a response may be transformed by, with the way back.
TRANSFORMS: Mapping[str, Transformed] = {
    "log": Transformed("log", np.exp, np.log),
    "log2": Transformed("log2", _exp2, np.log2),
    "log10": Transformed("log10", _exp10, np.log10),
    "log1p": Transformed("log1p", np.expm1, np.log1p),
    "sqrt": Transformed("sqrt", _square, np.sqrt),
    "exp": Transformed("exp", np.log, np.exp),
}
# Contrasts of these become ratios, of means or of odds.
RATIOS: Mapping[str, Transformed] = {
    **{name: replace(TRANSFORMS[name], label="ratio", compares=True) for name in ("log", "log2", "log10")},
    "logit": Transformed("log odds ratio", np.exp, np.log, "odds.ratio", compares=True),
}
RATIOS_OF_RATIOS = ("log odds ratio",)
RATES = ("poisson", "zero_inflated_poisson", "hurdle_poisson")


def scale_of(fit: Fit, dpar: str) -> Transformed:
    """The scale of a parameter's linear predictor, labelled as emmeans labels R's families."""
    family = fit.model.family
    link = family.links[dpar]
    if link.name == "identity":
        return response_scale(fit) if dpar in family.locations else NONE
    return Transformed(link.name, link.inverse, link.forward, _label(fit, dpar))


def _label(fit: Fit, dpar: str) -> str:
    family = fit.model.family
    if dpar not in family.locations:
        return "response"
    if "trials" in family.extras:
        return "prob"
    return "rate" if family.name in RATES else "response"


def response_scale(fit: Fit) -> Transformed:
    """What the formula's own left side did to the response: `log(y)`, `log(y + 1)`, `sqrt(y)`."""
    response = fit.model.formula.response
    node = response.node if response else Node("name", "")
    if node.kind != "call" or not node.text.isidentifier() or node.text in ("I", "cbind", "identity"):
        return NONE
    known = TRANSFORMS.get(node.text)
    if known is None or len(node.args) != 1:
        return Transformed(node.text)
    return _moved(known, operands(node)[0])


def _moved(scale: Transformed, inside: Node) -> Transformed:
    """`log(y + 1)`, as emmeans reads it."""
    if not is_call(inside, ["+"], 2) or operands(inside)[1].kind != "number":
        return scale
    added, back = float(operands(inside)[1].text.rstrip("L")), scale.back
    assert back is not None
    return replace(
        scale, name=f"{scale.name}(mu + {added:g})", back=lambda x: back(x) - added, forward=None, base=scale.name
    )


def contrasted(scale: Transformed, ratios: bool) -> tuple[Transformed, str]:
    """The scale of contrasts, and what to say where they cannot be transformed back."""
    if scale.is_none:
        return scale, ""
    if ratios and (scale.base or scale.name) in RATIOS:
        return RATIOS[scale.base or scale.name], ""
    if ratios and scale.name in RATIOS_OF_RATIOS:
        return scale, ""
    return NONE, f"Note: contrasts are still on the {scale.name} scale"


def scale_named(name: str) -> Transformed:
    """The scale that `regrid` goes to."""
    known = {**{key: Transformed(key, link.inverse, link.forward) for key, link in LINKS.items()}, **TRANSFORMS}
    if name not in known:
        raise OptionError(f"transform is `{name}`" + did_you_mean(name, ("response", "none", *known)))
    return known[name]


def require_way_back(scale: Transformed) -> Callable[[Floats], Floats]:
    """The function that leads back to the response."""
    if scale.back is None:
        raise OptionError(f"the response was transformed by `{scale.name}`, whose inverse is not known here: "
                          "results are on its scale")  # fmt: skip
    return scale.back
