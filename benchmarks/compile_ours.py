"""Our program of a case, compiled by CmdStan and kept: `python compile_ours.py CASE` prints the seconds as JSON."""

import json
import sys
import time

from cases import CASES, frame_of

import stanmlm as sm
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.sampling.engines.compile import compiled
from stanmlm.sampling.program import program, structure

case = CASES[sys.argv[1]]
model = build_model(case.formula, frame_of(case), getattr(sm, case.family)(), {}, ModelOptions())
text = program(structure(model))
begin = time.perf_counter()
compiled(text)
print(json.dumps({"compile": time.perf_counter() - begin}))
