"""Fits in files: `save` and `load`, one zip of JSON and arrays a fit, and no pickle."""

import json
import platform
import warnings
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from stanmlm.base.arguments import check_arguments
from stanmlm.base.arviz_compat import tree_of_parts, tree_parts
from stanmlm.base.callers import caller_scope
from stanmlm.base.errors import FileError, OptionError, StanmlmWarning, did_you_mean
from stanmlm.base.files.archive import DAMAGE, DIGEST, Manifest, digest, read_archive, read_manifest, write_archive
from stanmlm.base.files.codec import PLAIN, Codec, Coder, DamageError, Get, Json, UnknownTypeError, decode, encode
from stanmlm.base.files.codec_pandas import PANDAS
from stanmlm.base.files.disk import check_writable, path_of
from stanmlm.data.design import Design, GroupTerm, Predictor, Spec
from stanmlm.data.evaluate import python_functions
from stanmlm.data.factors import group_factor
from stanmlm.data.frame import ModelFrame, variables_of
from stanmlm.data.python_calls import function_of
from stanmlm.data.raw_response import RawResponse
from stanmlm.data.rvalues import Contrast, Value
from stanmlm.families import FAMILIES, Family
from stanmlm.families.family import with_links
from stanmlm.families.reductions import Extra, Observed
from stanmlm.families.responses import Response
from stanmlm.fit.files.shapes import check_shapes
from stanmlm.fit.fit import Call, Fit, relabelled
from stanmlm.formula.bars import Bar
from stanmlm.formula.formula import Formula
from stanmlm.formula.rcode import Node, from_postfix, postfix
from stanmlm.formula.rparse import parse_expression
from stanmlm.formula.terms import Expression, Terms
from stanmlm.model.approximations import Working
from stanmlm.model.centering import Centering
from stanmlm.model.compress import Cells
from stanmlm.model.coordinates import Coordinates
from stanmlm.model.marginal import Groups, Marginal
from stanmlm.model.model import Model
from stanmlm.model.nesting import Nesting
from stanmlm.model.pilot import Pilot
from stanmlm.model.stan_rows import Joint, Rows
from stanmlm.priors.parameters import Address, address_of
from stanmlm.priors.prior_spec import CovariancePrior, Prior, SetPrior
from stanmlm.priors.priors import PriorRow, Priors
from stanmlm.sampling.engines.choose import ENGINES
from stanmlm.sampling.engines.protocol import Sampling
from stanmlm.sampling.engines.sampling import sampling_from
from stanmlm.sampling.program import Program, Structure, Vector, program, structure

KIND = "stanmlm fit"
# Raised when a file could no longer be read by the version before: 1 has no digest of its document, 2 has the classes
# of priors where 3 has addresses, and levels of crossed factors as texts.
FORMAT = 3
SHOWN_VERSIONS = ("stanmlm", "numpy", "pandas", "xarray", "arviz-base")
SAMPLING = (*(field.name for field in fields(Sampling)), "control")
FILE_REFIT = ("never", "on_change", "always")

RECORDS: Mapping[str, type] = {
    record.__name__: record
    for record in (
        *(
            Fit,
            Call,
            Model,
            ModelFrame,
            RawResponse,
            Response,
            Design,
            Predictor,
            GroupTerm,
            Spec,
            Cells,
            Observed,
            Extra,
            Rows,
            Joint,
            Centering,
            Coordinates,
            Groups,
            Marginal,
            Nesting,
            Pilot,
            Working,
        ),
        *(Formula, Terms, Expression, Bar, Value, Contrast, Program, Structure, Vector, Sampling),
        *(Priors, PriorRow, Prior, CovariancePrior, SetPrior),
    )
}


def save(fit: Fit, path: str | PathLike[str]) -> None:
    """Keep a fit in one file: draws, model, priors, the data that it was given, and what its calls remembered.

    The file is a zip of JSON and `.npy` arrays. It is written beside an older one of its name, and takes its place when
    it is complete.

    Parameters
    ----------
    fit
        A fit.
    path
        The file; its folder must exist.

    Raises
    ------
    FileError
        Where the file cannot be written.
    OptionError
        For something else than a fit.

    Examples
    --------
    >>> import tempfile
    >>> from stanmlm import fixef, lmer, load, save, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(fit, folder + "/exams.stanmlm")
    ...     again = load(folder + "/exams.stanmlm")
    >>> bool((fixef(again) == fixef(fit)).all())
    True
    """
    check_arguments(save, locals())
    kept = replace(fit, call=_portable(fit.call))
    manifest = {
        "kind": KIND,
        "format": FORMAT,
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in SHOWN_VERSIONS}},
        "fingerprint": fingerprint(fit.model, fit.call.arguments),
    }
    write_archive(path_of(path), manifest, lambda put: encode(codec(), kept, put))


def load(path: str | PathLike[str]) -> Fit:
    """The fit that `save` kept in a file; it predicts to the last bit as it did, and updates without the data's file.

    Python functions that the formula calls are not in the file: those of their names are taken where `load` is called.

    Parameters
    ----------
    path
        A file that `save` wrote, here or on another machine.

    Raises
    ------
    FileError
        For a file that is absent, damaged, not a fit, or written by a later version.

    Examples
    --------
    >>> import tempfile
    >>> from stanmlm import lm, load, nobs, save, simulate_exams
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(lm("score ~ hours", simulate_exams(seed=1), seed=1), folder + "/exams.stanmlm")
    ...     nobs(load(folder + "/exams.stanmlm"))
    500
    """
    check_arguments(load, locals())
    file = path_of(path)
    fit = read_archive(file, lambda manifest: _check_manifest(file, manifest), _read_fit)
    assert isinstance(fit, Fit)
    return with_functions(relabelled(fit), caller_scope(1))


def with_functions(fit: Fit, scope: Mapping[str, object]) -> Fit:
    """A fit from a file with the Python functions that its formula calls, which files do not keep."""
    given = [fit.call.arguments.get(name) for name in ("weights", "offset")]
    texts = [text for text in given if isinstance(text, str) and text not in fit.model.frame.data]
    codes = [variable.node for variable in variables_of(fit.model.formula)] + [parse_expression(text) for text in texts]
    names = {name for code in codes for name in python_functions(code)}
    found = {name: thing for name in sorted(names) if (thing := function_of(name, scope)) is not None}
    return replace(fit, call=replace(fit.call, scope={**fit.call.scope, **found}))


def load_or_fit(
    file: str | PathLike[str], refit: str, model: Model, arguments: Mapping[str, object], make: Callable[[], Fit]
) -> Fit:
    """brms's `file=` and `file_refit=`: the fit in the file, or a new one that is kept there.

    Parameters
    ----------
    file
        Where the fit is, or is to be.
    refit
        "never" takes what is in the file, with a warning where it is another model's; "on_change" fits again when
        program, data, priors or sampling arguments differ; "always" does so in any case.
    model, arguments
        What is to be fitted, and the arguments that were given.
    make
        Fits it.
    """
    if refit not in FILE_REFIT:
        raise OptionError(f"file_refit is `{refit}`" + did_you_mean(str(refit), FILE_REFIT))
    path = path_of(file)
    check_writable(path)
    there = path.exists() and refit != "always"
    same = there and _fingerprint_in(path) == fingerprint(model, arguments)
    if there and (same or refit == "never"):
        if not same:
            warnings.warn(
                StanmlmWarning(f'{path} holds another fit than was asked for; file_refit="on_change" fits again'),
                stacklevel=5,
            )
        return load(path)
    fit = make()
    save(fit, path)
    return fit


def fingerprint(model: Model, arguments: Mapping[str, object]) -> str:
    """A digest of program, data, priors and the sampling arguments that were given.

    What changes the speed and not the posterior (cells, centring, cores) is left out.
    """
    design = replace(model.design, spec=None)
    given = {name: arguments[name] for name in SAMPLING if name in arguments}
    how = replace(sampling_from(given), seed=given.get("seed"), cores=None)  # type: ignore[arg-type]
    engine = arguments.get("engine", "auto")
    whole = (program(structure(model)).sha256, model.family, model.response, design, model.priors, how)
    written = [encode(codec(), part, digest) for part in (*whole, engine if _writable(engine) else "")]
    return blake2b(json.dumps(written, sort_keys=True).encode(), digest_size=16).hexdigest()


def _fingerprint_in(file: Path) -> object:
    manifest = read_manifest(file)
    _check_manifest(file, manifest)
    return manifest.get("fingerprint")


def _check_manifest(file: Path, manifest: Manifest) -> None:
    format_ = manifest.get("format")
    if manifest.get("kind") != KIND or type(format_) is not int or format_ < 1:
        raise FileError(f"{file} is not a fit that stanmlm saved")
    if format_ > FORMAT:
        raise FileError(
            f"{file} was written by stanmlm {_writer(manifest)}, a later version than this ({_version('stanmlm')}); "
            "pip install --upgrade stanmlm"
        )
    if format_ > 1 and not isinstance(manifest.get(DIGEST), str):
        raise FileError(f"{file} is damaged: its manifest has lost the digest of its document")


def _read_fit(manifest: Manifest, document: Json, get: Get) -> Fit:
    try:
        older = manifest["format"] < FORMAT
        fit = decode(codec(), document, get, older)
        fit = _with_crossed_levels(fit) if older and isinstance(fit, Fit) else fit
    except DAMAGE as error:
        writer = _writer(manifest)
        if writer != _version("stanmlm") and isinstance(error, DamageError | KeyError | TypeError | ValueError):
            why = str(error) if isinstance(error, DamageError) else "its records are others"
            raise DamageError(f"stanmlm {writer} wrote it, and this is {_version('stanmlm')}; {why}") from error
        raise
    if not isinstance(fit, Fit):
        raise DamageError("it holds something else than a fit")
    check_shapes(fit)
    return fit


def _with_crossed_levels(fit: Fit) -> Fit:
    """A fit of an earlier version, whose levels of crossed factors were texts, with their parts."""
    model, design = fit.model, fit.model.design
    assert design.spec is not None
    bars = [design.spec.formula.bars[k] for k in design.spec.bars]
    terms = [
        replace(term, levels=group_factor(bar.group, model.frame.values).levels) if len(bar.group) > 1 else term
        for term, bar in zip(design.terms, bars, strict=True)
    ]
    return replace(fit, model=replace(model, design=replace(design, terms=tuple(terms))))


def _with_address(fields_: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of a PriorRow of an earlier version, which had a class, a group, a term and a coefficient."""
    names = ("class_", "group", "term", "coef")
    rest = {name: value for name, value in fields_.items() if name not in names}
    return rest | {"address": address_of(*(fields_[name] for name in names))}


def _writer(manifest: Manifest) -> str:
    versions = manifest.get("versions")
    return str(versions.get("stanmlm", "?")) if isinstance(versions, dict) else "?"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "?"


def _portable(call: Call) -> Call:
    """The call with arguments and variables that a file can hold; functions of the caller's stay behind."""
    arguments = {name: _as_written(value) for name, value in call.arguments.items()}
    kept = {name: value for name, value in arguments.items() if _writable(value)}
    lost = [f"`{name}`" for name in arguments if name not in kept]
    if lost:
        message = f"not kept in the file, so that update() will need them again: {', '.join(lost)}"
        warnings.warn(StanmlmWarning(message), stacklevel=3)
    scope = {name: _as_written(value) for name, value in call.scope.items()}
    return replace(call, arguments=kept, scope={name: value for name, value in scope.items() if _writable(value)})


def _as_written(value: object) -> object:
    """Vectors of other libraries as NumPy's; all else as it is."""
    if _writable(value) or callable(value):
        return value
    array = np.asarray(value)
    return array if array.ndim else value


def _writable(value: object) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", StanmlmWarning)
            encode(codec(), value, lambda array: "")
    except UnknownTypeError:
        return False
    return True


@cache
def codec() -> Codec:
    """All that a fit is made of, as JSON and arrays."""
    from xarray import DataTree  # here, for it is slow to import

    own = (
        Coder(
            "family",
            Family,
            lambda family, *_: [family.name, *(link.name for link in family.links.values())],
            lambda written, *_: with_links(FAMILIES[written[0]], written[1:]),
        ),
        Coder("address", Address, lambda address, inner, _: inner(list(address)), _read_address),
        Coder("code", Node, lambda node, *_: postfix(node), lambda written, *_: from_postfix(written)),
        Coder(
            "tree",
            DataTree,
            lambda tree, inner, put: inner(tree_parts(tree)),
            lambda written, inner, get: tree_of_parts(inner(written)),
        ),
        *(_engine_coder(name) for name in ENGINES),
    )
    return Codec((*own, *PANDAS, *PLAIN), RECORDS, {"DataTree": DataTree}, {"PriorRow": _with_address})


def _read_address(written: Json, inner: Callable[[Json], Any], _: object) -> Address:
    return Address(*inner(written))


def _engine_coder(name: str) -> Coder:
    """Engines and what they were given; a function, such as a way to compile, is nothing that a file can hold."""
    kind = type(ENGINES[name]())

    def written(engine: object, inner: Callable[[object], Json], put: object) -> Json:
        given = {field.name: getattr(engine, field.name) for field in fields(kind)}  # type: ignore[arg-type]
        usual = {field.name: field.default for field in fields(kind)}  # type: ignore[arg-type]
        return inner({name: value for name, value in given.items() if value != usual[name]})

    return Coder(f"engine {name}", kind, written, lambda given, inner, get: kind(**(inner(given) if given else {})))
