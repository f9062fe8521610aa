"""Fits in files: `save` and `load`, one zip of JSON and arrays a fit, and no pickle."""

import json
import platform
import warnings
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from os import PathLike
from pathlib import Path

import numpy as np

from stanmlm.base.arguments import check_arguments
from stanmlm.base.callers import caller_scope
from stanmlm.base.errors import FileError, OptionError, StanmlmWarning, did_you_mean
from stanmlm.base.files.archive import DIGEST, Manifest, digest, read_archive, read_manifest, write_archive
from stanmlm.base.files.codec import DamageError, Get, Json, UnknownTypeError, decode, encode
from stanmlm.base.files.disk import check_writable, path_of
from stanmlm.base.files.members import DAMAGE
from stanmlm.data.evaluate import python_functions
from stanmlm.data.factors import group_factor
from stanmlm.data.python_calls import function_of
from stanmlm.families import Family
from stanmlm.families.custom import with_functions_of
from stanmlm.fit.files.records import codec
from stanmlm.fit.files.shapes import check_shapes
from stanmlm.fit.fit import Call, Fit, relabelled
from stanmlm.formula.rparse import parse_expression
from stanmlm.formula.variables import variables_of
from stanmlm.model.model import Model
from stanmlm.sampling.engines.protocol import Sampling
from stanmlm.sampling.engines.sampling import sampling_from
from stanmlm.sampling.program import program, structure

KIND = "stanmlm fit"
# Raised when a file could no longer be read by the version before: 1 has no digest of its document, 2 has the classes
# of priors where 3 has addresses, and levels of crossed factors as texts; in 3 a group term has one bar.
FORMAT = 4
SHOWN_VERSIONS = ("stanmlm", "numpy", "pandas", "xarray", "arviz-base")
SAMPLING = (*(field.name for field in fields(Sampling)), "control")
FILE_REFIT = ("never", "on_change", "always")


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


def load(path: str | PathLike[str], family: Family | None = None) -> Fit:
    """The fit that `save` kept in a file; it predicts to the last bit as it did, and updates without the data's file.

    Python functions that the formula calls are not in the file: those of their names are taken where `load` is called.

    Parameters
    ----------
    path
        A file that `save` wrote, here or on another machine.
    family
        Of a fit with a `custom_family`, that family: files keep its Stan text, and not its NumPy functions. None for
        any other, and where these are not needed.

    Returns
    -------
    Fit
        As it was kept.

    Raises
    ------
    FileError
        For a file that is absent, damaged, not a fit, or written by a later version.
    OptionError
        For a family that is not the file's.

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
    fit = fit if family is None else with_family(fit, family)
    return with_functions(relabelled(fit), caller_scope(1))


def with_family(fit: Fit, family: Family) -> Fit:
    """A fit from a file with the functions of its family, where a user wrote them."""
    if fit.model.family.written is None:
        if family.name != fit.model.family.name:
            raise OptionError(f"family= is {family.name}, and the file's is {fit.model.family.name}")
        return fit
    own = with_functions_of(fit.model.family, family)
    arguments = {**fit.call.arguments, **({"family": family} if "family" in fit.call.arguments else {})}
    return replace(fit, model=replace(fit.model, family=own), call=replace(fit.call, arguments=arguments))


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
        return with_family(load(path), model.family) if same else load(path)
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
        fit = _with_crossed_levels(fit) if manifest["format"] < 3 and isinstance(fit, Fit) else fit
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
    bars = [design.spec.formula.bars[k] for k, *_ in design.spec.bars]
    terms = [
        replace(term, levels=group_factor(bar.group, model.frame.values).levels) if len(bar.group) > 1 else term
        for term, bar in zip(design.terms, bars, strict=True)
    ]
    return replace(fit, model=replace(model, design=replace(design, terms=tuple(terms))))


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
