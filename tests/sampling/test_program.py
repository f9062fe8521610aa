"""Programs as text: goldens, stanc, and that nothing but structure is in them."""

import importlib.util
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from handmade import design, integrated_model, model, plain_priors, prior, replaced

from stanmlm.families import FAMILIES, binomial, gaussian, negbinomial, poisson, student
from stanmlm.families.altered import with_link
from stanmlm.model.model import Model
from stanmlm.sampling.program import Structure, program, structure
from stanmlm.sampling.standata import standata

DENSITIES = Path(__file__).resolve().parents[2] / "stan" / "densities"


def _decov_and_half_t() -> Model:
    priors = plain_priors(design("two"), gaussian(), ratio=True)
    sds = [
        prior("sd", "decov", 1.0, 1.0, 1.0, 1.0, term=0, position=0, ratio=True),
        prior("sd", "student_t", 3.0, 0.0, 2.5, term=1, position=2),
    ]
    return model(gaussian(), "two", replaced(priors, "sd", *sds))


GOLDEN = {
    "gaussian_none": lambda: model(gaussian(), "none"),
    "gaussian_decov_and_half_t": _decov_and_half_t,
    "logit_correlated": lambda: model(binomial(), "three"),
    "probit_offset": lambda: model(binomial(link="probit"), "one", offset=True),
    "cloglog_two_terms": lambda: model(binomial(link="cloglog"), "two"),
    "poisson_no_intercept": lambda: model(poisson(), "crossed", intercept=False),
    "negbinomial_intercept": lambda: model(negbinomial(), "one"),
    "student_two_terms": lambda: model(student(), "two", offset=True),
    "gaussian_nested": lambda: model(gaussian(), "nested"),
    "gaussian_marginal": lambda: integrated_model("three"),
    "gaussian_marginal_two_terms": lambda: integrated_model("split"),
    "logit_joined": lambda: model(binomial(), "around", blocks=((0, 2), (1,))),
    "logit_rotated": lambda: model(binomial(), "intercepts", rotated=(0, 1)),
    "poisson_rotated_beside_slopes": lambda: model(poisson(), "chain of slopes", rotated=(1,)),
    "zero_inflated_beta_binomial": lambda: model(FAMILIES["zero_inflated_beta_binomial"], "one"),
    "hurdle_negbinomial": lambda: model(FAMILIES["hurdle_negbinomial"], "none", offset=True),
    "logit_prior_only": lambda: model(binomial(), "two", prior_only=True),
}


@pytest.fixture(scope="session")
def stanc() -> Path:
    """The compiler that the prophet wheel carries."""
    spec = importlib.util.find_spec("prophet")
    assert spec
    assert spec.submodule_search_locations
    (path,) = Path(spec.submodule_search_locations[0]).glob("stan_model/cmdstan-*/bin/stanc")
    return path


@pytest.mark.parametrize("name", GOLDEN)
def test_program_is_the_accepted_one(name: str, golden) -> None:
    text = program(structure(GOLDEN[name]())).text
    assert text == golden(f"{name}.stan", text)


@pytest.mark.parametrize("name", GOLDEN)
def test_stanc_takes_the_program_without_a_warning(name: str, stanc: Path, tmp_path: Path) -> None:
    source = tmp_path / "model.stan"
    source.write_text(program(structure(GOLDEN[name]())).text)
    done = subprocess.run([stanc, "--o", tmp_path / "model.hpp", source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


@pytest.mark.parametrize("name", GOLDEN)
def test_program_reads_as_if_written_by_hand(name: str) -> None:
    text = program(structure(GOLDEN[name]())).text
    assert text.endswith("}\n")
    assert not re.search(r"\n\s*\n\s*\n", text), "two blank lines"
    assert not re.search(r"\{\n\s*\n|\n\s*\n\}", text), "a blank line beside a brace"
    assert not re.search(r"\{\s*\}", text), "an empty block"
    assert not re.search(r"[ \t]\n|\t", text)
    assert max(map(len, text.splitlines())) <= 120
    assert all(len(line) - len(line.lstrip()) in range(0, 13) for line in text.splitlines() if "|" not in line)


@pytest.mark.parametrize("name", GOLDEN)
def test_data_block_and_data_name_the_same_things(name: str) -> None:
    of = GOLDEN[name]()
    (block,) = re.findall(r"^data \{\n(.*?)^\}", program(structure(of)).text, re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"(\w+);", re.sub("//.*", "", block))) == set(standata(of))


def test_models_that_differ_in_names_sizes_numbers_and_weights_share_a_program() -> None:
    one, other = model(binomial(), "two", seed=1), model(binomial(), "two", centred=False, collapse=False, seed=8)
    other = replace(other, design=_renamed_and_shorter(other))
    sds = [prior("sd", "exponential", 9.0, term=0, position=1), prior("sd", "exponential", 3.0, term=1, position=2)]
    other = replace(other, priors=replaced(other.priors, "sd", prior("sd", "exponential", 2.0, term=0), *sds))
    assert structure(one) == structure(other)
    assert program(structure(one)).sha256 == program(structure(other)).sha256


def _renamed_and_shorter(of: Model):
    terms = tuple(
        replace(term, group="g", coefs=tuple(f"c{i}" for i in range(len(term.coefs)))) for term in of.design.terms
    )
    return replace(of.design, names=tuple("vwxyz"), terms=terms)


@pytest.mark.parametrize(
    "other",
    [
        model(binomial(link="probit"), "two"),
        model(poisson(), "two"),
        model(binomial(), "one"),
        model(binomial(), "crossed"),
        model(binomial(), "two", offset=True),
        model(binomial(), "two", intercept=False),
        model(binomial(), "two", prior_only=True),
        integrated_model("split"),
    ],
    ids=["link", "family", "terms", "several", "offset", "intercept", "prior_only", "marginal"],
)
def test_what_is_structure_changes_the_program(other: Model) -> None:
    base = model(binomial(), "two")
    assert program(structure(base)).sha256 != program(structure(other)).sha256


def test_an_offset_of_a_count_enters_through_exposure() -> None:
    assert not structure(model(poisson(), "one", offset=True)).offset
    assert structure(model(binomial(), "one", offset=True)).offset


def test_a_flat_prior_writes_nothing() -> None:
    priors = plain_priors(design("none"), poisson())
    flat = replaced(replaced(priors, "b"), "Intercept", prior("Intercept", "flat"))
    text = program(structure(model(poisson(), "none", flat))).text
    assert "Priors" not in text
    assert "~" not in text


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_every_family_and_link_renders_without_its_fused_file(family, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new family needs its table row and its file; a fused density is an extra."""
    program.cache_clear()
    monkeypatch.setattr("stanmlm.sampling.program.own_density", lambda _: "none")
    for link in family.location.links:
        plain = Structure(family.name, link, True, False, (), (), True)
        text = program(plain).text
        assert all(f"real{one.within.written} {one.in_stan};" in text for one in family.scalars)
    program.cache_clear()


def test_the_family_file_and_its_fused_density_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    from stan_against_numpy import compiled, points

    families = [with_link(family, link) for family in FAMILIES.values() for link in family.location.links]
    special = [family for family in families if (DENSITIES / f"{family.name}_{family.link.name}.stan").is_file()]
    assert len(special) == 4
    for family in special:
        of = model(family, "one", centred=False)
        fused = [compiled(of).log_prob_grad(q)[0] for q in points(of)]
        program.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr("stanmlm.sampling.program.own_density", lambda _: "none")
            plain = [compiled(of).log_prob_grad(q)[0] for q in points(of)]
        program.cache_clear()
        np.testing.assert_allclose(
            np.subtract(fused, fused[0]), np.subtract(plain, plain[0]), rtol=1e-9, err_msg=family.name
        )


def test_absorbed_columns_leave_x() -> None:
    data = standata(model(binomial(), "one"))
    assert data["P_x"] == 3  # x, z and a:x vary within a state
    assert data["Q_1"] == 5  # those two, and the group means of the three
    assert data["X"].shape[1] == 3
    np.testing.assert_array_equal(data["A_at_1"], [1, 2, 3, 4, 5])


def test_the_intercept_is_at_the_means_of_rows_not_of_cells() -> None:
    of = model(binomial(), "one")
    np.testing.assert_allclose(standata(of)["x_mean"], of.design.X[:, 1:].mean(axis=0))
    assert not np.allclose(of.cells.X[:, 1:].mean(axis=0), of.design.X[:, 1:].mean(axis=0))
