"""statsmodels on one case: `python peer_statsmodels.py CASE DATA.csv FAMILY FACTORS` prints JSON; estimates, no draws.

MixedLM by REML for gaussian cases; BinomialBayesMixedGLM by variational Bayes else, on rows of zeros and ones.
"""

import json
import sys
import time
from importlib.metadata import version

import pandas as pd
from formulas import STATSMODELS, InStatsmodels
from statsmodels.genmod.bayes_mixed_glm import BinomialBayesMixedGLM
from statsmodels.regression.mixed_linear_model import MixedLM


def zeros_and_ones(data: pd.DataFrame, successes: str, trials: str) -> pd.DataFrame:
    """A row for each trial."""
    counts = data.assign(**{"1": data[successes], "0": data[trials] - data[successes]})
    long = counts.melt(id_vars=list(data), value_vars=["0", "1"], var_name="success", value_name="times")
    return long.loc[long.index.repeat(long["times"])].reset_index(drop=True).astype({"success": int})


def gaussian(words: InStatsmodels, data: pd.DataFrame) -> object:
    ((group, slopes),) = words.effects.items()
    return MixedLM.from_formula(words.fixed, data, re_formula=slopes, groups=group).fit()


def binomial(words: InStatsmodels, data: pd.DataFrame) -> object:
    return BinomialBayesMixedGLM.from_formula(words.fixed, words.effects, data).fit_vb()


ESTIMATORS = {"gaussian": gaussian, "binomial": binomial}


def main(case: str, path: str, family: str, factors: str) -> None:
    words = STATSMODELS[case]
    data = pd.read_csv(path).rename(columns=lambda name: name.replace(".", "_"))
    data = zeros_and_ones(data, *words.counts) if words.counts else data
    data = data.astype(dict.fromkeys(filter(None, factors.split(",")), "category"))
    begin = time.perf_counter()
    ESTIMATORS[family](words, data)
    seconds = time.perf_counter() - begin
    print(json.dumps({"seconds": seconds, "version": f"statsmodels {version('statsmodels')}"}))


if __name__ == "__main__":
    main(*sys.argv[1:])
