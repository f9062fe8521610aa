"""Families against the answers of R's packages (`../shared/reference/families_ml.json`, `families_posterior.json`)."""

import json
import re
import warnings
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from arviz_stats.base import array_stats
from scipy.special import gammaln

import stanmlm as sm
from stanmlm.after.predict.expected import theta_of
from stanmlm.after.predict.target import target_of
from stanmlm.data.design import dpars_of, predictors
from stanmlm.families import FAMILIES, as_family
from stanmlm.families.altered import with_link
from stanmlm.families.observation import log_likelihood, log_mass, truncation
from stanmlm.families.reductions import extra_at
from stanmlm.families.thresholds import THRESHOLDS
from stanmlm.fit.draws import scales_of
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.model.model import Model

# What a posterior under weak priors is from maximum likelihood: the README beside the files.
FIXEF_SE = {"tight": 0.15, "medium": 0.35}
RATIO = {"tight": (0.93, 1.07), "medium": (0.8, 1.25)}
# 58 events and 6 coefficients: sd by maximum likelihood is short by sqrt(52 / 58), before any prior.
SCALES = {"kidney-lognormal": "medium"}
SIZES = {"seed": 20261127, "chains": 4, "iter": 2000, "progress": False}
# As many draws as theirs: of p-sratio-cs the elpd of 4,000 draws differs by .2 from seed to seed, and .5 is allowed.
AS_THEIRS = SIZES | {"warmup": 1000, "iter": 3500}
# Monte Carlo errors of both, of means and of sds: of some 500 comparisons of one posterior (chance .03) none is so far.
# The README beside the files: sds within 6%, or four Monte Carlo errors.
ERRORS = 4.0
SD_RATIO = 0.06
# Posteriors far from normal, since a zero may be of either part: maximum likelihood is not where they are. There brms's
# own programs say where, under the same priors (`reference/brms_zeros.py`).
FAR = json.loads((Path(__file__).parents[1] / "reference" / "brms_zeros.json").read_text())

SHARED = Path(__file__).resolve().parents[3] / "shared" / "reference"
pytestmark = [pytest.mark.shared, pytest.mark.slow]


def entries(name: str) -> list[dict]:
    path = SHARED / name
    return json.loads(path.read_text())["entries"] if path.is_file() else []


# What brms calls families of the fitters that have a part of their own for zeros.
OURS = {"nbinom1": "nbinom1", "Beta": "beta"}


def family_of(case: dict) -> str:
    """brms's name, where the case has one beside the fitter's own; it may say in words what is added to responses."""
    name, _, added = (case.get("brms_family") or case["family"]).partition(" with ")
    return ADDED.get(case["family"] if added else name, OURS.get(name, name))


def parts_of(case: dict) -> list[str]:
    """The formulas of all parameters, from the arguments of glmmTMB, pscl's bar, or text after a semicolon."""
    text, *more = (part.strip() for part in case["formula"].split(";"))
    if case["fitter"].startswith("pscl"):
        text, zeros = text.rsplit("|", 1)
        more = [f"zi ~ {zeros}"]
    for key, of in (("ziformula", "zi"), ("dispformula", "disp")):
        if case.get(of) and case.get(key):
            more.append(f"{case[of]['brms_dpar']} {case[key]}")
    if case["family"].startswith("truncated_") and not more:
        text = text.replace("~", "| trunc(lb = 1) ~", 1)
    return [text, *more]


# Fitters' names that say what a formula adds to responses here.
ADDED = {"gaussian, known se": "gaussian", "truncated_poisson": "poisson", "truncated_nbinom2": "negbinomial"}


def location_of(case: dict) -> dict[str, float]:
    """Its coefficients, as brms has them."""
    converted = case.get("conversion")
    return case["fixef"] | ({"(Intercept)": converted["brms_Intercept"]} if converted else {})


def is_ours(case: dict) -> bool:
    """A family that is here, and a formula without what is not."""
    known = {spelling for family in FAMILIES.values() for spelling in (family.name, *family.spellings)}
    odd = case.get("scale") or re.search(r"\b(ar1|s|strata)\(", case["formula"] or "")
    return family_of(case) in known and not odd and case["check"]["cls"] in FIXEF_SE


ML = [case for case in entries("families_ml.json") if is_ours(case)]
OLD = ("gaussian", "binomial", "poisson")
NEW = [case for case in ML if case["family"] in ADDED or as_family(family_of(case)).name not in OLD]


@pytest.mark.parametrize("case", NEW, ids=lambda case: case["id"])
def test_a_posterior_lies_where_maximum_likelihood_does(case: dict, reference: ModuleType) -> None:
    data, cls = reference.data(case["data"]), case["check"]["cls"]
    family = with_link(as_family(family_of(case)), case["link"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sm.StanmlmWarning)
        weights = (case.get("weights") or "").partition(" ")[0] or None
        fit = sm.brm(sm.bf(*parts_of(case)), data, family=family, weights=weights, **SIZES)
    ours = sm.fixef(fit).rename(_specific)
    expected = {name: (value, case["se"][name]) for name, value in location_of(case).items()}
    if of_order := fit.model.family.shared and list(case["thresholds"].items()):
        names = [name for name in ours.index if "|" in name]  # VGAM counts them
        expected |= {
            own: (value, case["thresholds_se"][name]) for own, (name, value) in zip(names, of_order, strict=True)
        }
    for key in ("zi", "disp"):
        part = case.get(key)
        dpar, factor = (part.get("brms_dpar", DPARS.get(family.name)), part.get("brms_factor", 1)) if part else ("", 1)
        for name, value in part["fixef"].items() if part else ():
            expected[f"{dpar}_{name}"] = (factor * value, factor * part["se"][name])
    assert set(ours.index) == set(expected)
    draws = sm.as_draws_df(fit)
    if case["id"] in FAR:
        _agree(_coefficients(fit), FAR[case["id"]])
    else:
        for name, (value, se) in expected.items():
            assert abs(ours[name] - value) < FIXEF_SE[cls] * se, (name, (ours[name] - value) / se)
    low, high = RATIO[SCALES.get(case["id"], cls)]
    for one in case["aux"]:
        name = one["brms_name"] or {"nbinom1": "phi"}.get(family.name)
        if name in draws:
            assert low < draws[name].mean() / (one["brms_value"] or one["value"]) < high, name
    for prefix, terms in (("", case["VarCorr"]), ("zi_", (case.get("zi") or {}).get("VarCorr", []))):
        for term in terms:
            for coef, sd in zip(term["coef"], term["sd"], strict=True):
                inside = draws[f"sd_{term['group']}[{prefix}{coef}]"].quantile([0.01, 0.99])
                assert inside.iloc[0] < sd < inside.iloc[1], (term["group"], coef)


# Without group effects, for which a fitter has Laplace's; an inverse gaussian's note says that R's is another.
PLAIN = [case for case in NEW if not (case["VarCorr"] or case.get("disp") or case["family"] == "inverse.gaussian")]


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case["id"])
def test_the_likelihood_at_its_maximum_is_that_of_the_fitter(case: dict, reference: ModuleType) -> None:
    """Constants included, from the fitter's own estimates: no posterior, no tolerance for one."""
    family = with_link(as_family(family_of(case)), case["link"])
    options = ModelOptions(weights=(case.get("weights") or "").partition(" ")[0] or None)
    model = build_model(sm.bf(*parts_of(case)), reference.data(case["data"]), family, {}, options)
    location = location_of(case)
    alike = {name: value for name, value in location.items() if not name.endswith("]")}
    apart = [{name: value} for name, value in location.items() if name.endswith("]")]
    locations = [alike]
    if len(names := model.family.locations) > 1:  # of each category: `muMedium_x`
        locations = [{n: v for n, v in alike.items() if n.startswith(f"{name}_")} for name in names]
    estimates = [*locations, *([case["zi"]["fixef"]] if case.get("zi") else []), *apart]
    etas = {
        of.dpar: of.X[slice(None) if model.design.row is None else model.design.row][:, of.X.shape[1] - len(b) :]
        @ np.array(list(b.values()))
        + of.offset
        for of, b in zip(predictors(model.design), estimates, strict=True)
    }
    natural = {one["brms_name"]: np.array([one["brms_value"]]) for one in case["aux"]}
    theta = model.family.theta(etas, natural)
    if family.shared:
        theta = replace(theta, shared={THRESHOLDS: np.array(list(case["thresholds"].values()))})
    logs = log_likelihood(model.family, model.response.y, theta, extra_at(model.response))
    assert logs.sum() - _multinomial_coefficients(model) == pytest.approx(case["logLik"], rel=1e-6)


def _multinomial_coefficients(model: Model) -> float:
    """Multinomial ones, which nnet leaves out."""
    if model.family.name != "multinomial":
        return 0.0
    return float((gammaln(model.response.trials + 1) - gammaln(model.response.y + 1).sum(axis=1)).sum())


DPARS = {"hurdle_lognormal": "hu", "zero_inflated_poisson": "zi"}


def plain_posterior(case: dict) -> bool:
    """A formula without brms's own calls: on the left an addition, on the right what is not a bar."""
    known = {"bernoulli", *(name for family in FAMILIES.values() for name in (family.name, *family.spellings))}
    calls = re.findall(r"\w+\(", case["brms_formula"])
    added = {"trials(", "cens(", "trunc(", "se(", "rate(", "weights("}
    plain = set(calls) <= {*added, "log(", "I(", "factor(", "bf(", "cs("}
    # What is said of disc there its priors settle.
    told = case["extra"] is None or bool(added & set(calls)) or case["id"] == "p-cumulative-disc"
    return case["family"] in known and told and plain


POSTERIORS = [case for case in entries("families_posterior.json") if plain_posterior(case)]


def formulas_of(case: dict) -> list[str]:
    """The parts of `bf(y ~ x, zi ~ x)`, or the one formula."""
    text = case["brms_formula"]
    return [part.strip() for part in text[3:-1].split(",")] if text.startswith("bf(") else [text]


@pytest.mark.parametrize("case", POSTERIORS, ids=lambda case: case["id"])
def test_a_posterior_is_that_of_brms_under_the_same_priors(case: dict, reference: ModuleType) -> None:
    data = reference.data(case["data"])
    family = as_family("binomial" if case["family"] == "bernoulli" else case["family"])
    family = with_link(family, case["links"]["mu"])
    keys = ("coef", "group", "dpar")
    rows = [
        sm.set_prior(
            row["prior"].replace("lkj_corr_cholesky", "lkj"),  # as brms's program has it
            class_={"L": "cor"}.get(row["class"], row["class"]),
            **{key: row.get(key) or "" for key in keys},
        )
        for row in case["priors"]
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sm.StanmlmWarning)
        fit = sm.brm(sm.bf(*formulas_of(case)), data, family=family, priors=["brms", *rows], **AS_THEIRS)
    summary = {name: values for name, values in _by_brms_name(fit).items() if name in case["summary"]}
    assert len(summary) >= 2
    _agree(summary, case["summary"])
    if case["loo"]["n_k_gt_0.7"] == 0 and "trunc(" not in case["brms_formula"]:
        assert sm.loo(fit).estimates.loc["elpd_loo", "Estimate"] == pytest.approx(case["loo"]["elpd_loo"], abs=0.5)
    theirs = case["loo"].get("mean_log_lik_first5")
    if theirs:
        logs = (sm.log_lik(fit).values + _left_out(fit))[:, :5]
        error = ERRORS * logs.std(axis=0) / np.sqrt(len(logs))  # rows that few draws expect vary much
        assert np.all(np.abs(logs.mean(axis=0) - theirs) < np.maximum(0.02, error))
    ours = sm.posterior_epred(fit, scale="count").values[:, :5]
    theirs = {name: np.array(case["epred_first5"][name]) for name in ("mean", "sd")}
    assert np.all(np.abs(ours.mean(axis=0) - theirs["mean"]) < ERRORS * theirs["sd"] / np.sqrt(400))
    # expected lifetimes and rare categories have long tails, whose sds few draws decide: theirs and ours have as many
    tails = np.mean(((ours - ours.mean(axis=0)) / ours.std(axis=0)) ** 4, axis=0)
    error = ERRORS * np.sqrt(2 * (tails - 1) / (4 * len(ours)))
    assert np.all(np.abs(ours.std(axis=0) / theirs["sd"] - 1) < np.maximum(0.15, error))


def _specific(name: str) -> str:
    """brms's and VGAM's name of an effect on a threshold: `bcs_z[1]` of `b_cs1_z`, `z[1]` of `cs1_z`."""
    return re.sub(r"cs(\d+)_(.+)", r"\2[\1]", name.replace("b_cs", "bcs_cs"))


def _left_out(fit: sm.Fit) -> np.ndarray | float:
    """brms 2.18's log_lik_truncate computes the log chance of being seen, and returns the log density without it."""
    extra = extra_at(fit.model.response)
    if not extra.bounded:
        return 0.0
    theta = theta_of(fit, target_of(fit), slice(0, sm.nobs(fit)))
    return log_mass(fit.model.family, *truncation(fit.model.family, extra), theta, extra)


def _by_brms_name(fit: sm.Fit) -> dict[str, np.ndarray]:
    """Draws (chains, draws) under brms's names."""
    posterior, out = fit.posterior["posterior"], {}
    for row in fit.model.ledger.of("b"):
        name = "Intercept" if row.label == "(Intercept)" else row.label
        label = f"b_Intercept[{name}]" if row.variable == "b_Intercept" else _specific(f"{row.variable}_{name}")
        out[label] = posterior[row.variable].values[..., row.place[0]]
    for one in fit.model.scalars:
        out[one.name] = posterior[one.name].values
    chains = fit.posterior["posterior"].sizes["chain"]
    for bar, term in enumerate(fit.model.design.terms):
        for k, (coef, dpar) in enumerate(zip(term.coefs, dpars_of(term), strict=True)):
            label = ("" if dpar == "mu" else f"{dpar}_") + ("Intercept" if coef == "(Intercept)" else coef)
            out[f"sd_{term.group}__{label}"] = scales_of(fit, bar)[0][:, k].reshape(chains, -1)
        for row in fit.model.ledger.of("cor", bar):
            a, b = (coef.replace("(Intercept)", "Intercept") for coef in row.address.coef)
            out[f"cor_{term.group}__{a}__{b}"] = posterior[row.variable].values[..., row.place[0]]
    return out


def _coefficients(fit: sm.Fit) -> dict[str, np.ndarray]:
    """Draws (chains, draws) of population coefficients, as `fixef` calls them."""
    posterior = fit.posterior["posterior"]
    names = {"b": "", **{f"b_{one.name}": f"{one.name}_" for one in fit.model.scalars}}
    return {
        f"{prefix}{name}": posterior[variable].values[..., k]
        for variable, prefix in names.items()
        if variable in posterior
        for k, name in enumerate(posterior[variable].coords[posterior[variable].dims[-1]].values)
    }


def _agree(ours: dict[str, np.ndarray], theirs: dict[str, dict[str, float]]) -> None:
    """Means and sds of draws (chains, draws), as far as Monte Carlo errors of both let them; sds to 6% in any case."""
    for name, draws in ours.items():
        own = {"mean": draws.mean(), "sd": draws.std()}
        for what, value in own.items():
            error = array_stats.mcse(draws, method=what, chain_axis=0, draw_axis=1)
            off = (value - theirs[name][what]) / np.hypot(error, theirs[name][f"mcse_{what}"])
            close = what == "sd" and abs(value / theirs[name][what] - 1) < SD_RATIO
            assert close or abs(off) < ERRORS, (name, what, off, value / theirs[name][what])
