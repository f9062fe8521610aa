"""The cases in the words of the peers that do not read ours; a case that is absent is one that the peer cannot express.

Data reach Bambi and statsmodels with `_` for the dots of names. Bambi gets `scale(age**2)`, the same model: from its
starts of -1 to 1 on the raw scale of `I(age**2)` its chains did not converge (Rhat 4.5 with nutpie).
"""

from dataclasses import dataclass, field

VOTERS = ("flagship", "naes2000", "naes2004")
SAME_IN_R = {
    "sleepstudy": "Reaction ~ Days + (Days | Subject)",
    "contraception": "used ~ age + I(age^2) + urban + livch + (1 | district)",
    "radon": "log.radon ~ basement + uranium + (1 + basement | county)",
    "hsb82": "mAch ~ meanses*cses + sector*cses + (cses | school)",
    "verbagg": "r ~ Anger + Gender + btype + situ + (1 | id) + (1 | item)",
    "mmmec": "deaths ~ uvb + offset(log(expected)) + (1 | nation/region)",
    "insteval": "y ~ service + (1 | s) + (1 | d) + (1 | dept:service)",
}

BRMS = {
    **dict.fromkeys(VOTERS, "y | trials(n) ~ avg.income*income + (1 + income | state)"),
    **SAME_IN_R,
    "cbpp": "incidence | trials(size) ~ period + (1 | herd)",
    "negbinomial": "absences ~ x + (1 | school)",
    "student": "score ~ x + (1 | school)",
}

BAMBI = {
    **dict.fromkeys(VOTERS, "p(y, n) ~ avg_income*income + (1 + income | state)"),
    **SAME_IN_R,
    "cbpp": "p(incidence, size) ~ period + (1 | herd)",
    "contraception": "used ~ age + scale(age**2) + urban + livch + (1 | district)",
    "radon": "log_radon ~ basement + uranium + (1 + basement | county)",
    "mmmec": "deaths ~ uvb + offset(log(expected)) + (1 | nation) + (1 | nation:region)",
}


@dataclass(frozen=True)
class InStatsmodels:
    """`effects`: for MixedLM the one grouping factor and its formula, else independent effects by name."""

    fixed: str
    effects: dict[str, str]
    counts: tuple[str, ...] = field(default=())  # successes and trials, to be written out as zeros and ones


# MixedLM takes one grouping factor; the others are 0/1 or counts without an offset, by variational Bayes.
STATSMODELS = {
    **dict.fromkeys(
        VOTERS,
        InStatsmodels("vote ~ avg_income*income", {"(Intercept)": "0 + C(state)", "income": "0 + C(state):income"}),
    ),
    "sleepstudy": InStatsmodels("Reaction ~ Days", {"Subject": "~Days"}),
    "cbpp": InStatsmodels("success ~ period", {"herd": "0 + C(herd)"}, ("incidence", "size")),
    "contraception": InStatsmodels("used ~ age + I(age**2) + urban + livch", {"district": "0 + C(district)"}),
    "radon": InStatsmodels("log_radon ~ basement + uranium", {"county": "~basement"}),
    "hsb82": InStatsmodels("mAch ~ meanses*cses + sector*cses", {"school": "~cses"}),
    "verbagg": InStatsmodels("r ~ Anger + Gender + btype + situ", {"id": "0 + C(id)", "item": "0 + C(item)"}),
}
