"""The command line: what reaches the main job, exit codes, and one line in place of a traceback."""

import pytest

from stanmlm import __version__, cli
from stanmlm.base.errors import DataError


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What the main job was called with; it returns at once."""
    calls: list[dict[str, object]] = []

    class Made:
        files = (1, 2, 3)

        def __str__(self) -> str:
            return "the table"

    def redblue(data: object, **options: object) -> Made:
        options["report"]("one line")
        calls.append({"data": data, **options})
        return Made()

    monkeypatch.setattr(cli, "redblue", redblue)
    return calls


def test_redblue_takes_its_arguments_and_prints_the_table(
    asked: list[dict[str, object]], capsys: pytest.CaptureFixture
) -> None:
    arguments = (
        "redblue --data v.csv --out o --seed 3 --chains 2 --iter 400 --warmup 100 --adapt-delta 0.9 --engine stanli "
        "--html"
    )
    assert cli.main(arguments.split()) == 0
    call = asked[0]
    del call["report"]
    assert call == {
        "data": "v.csv",
        "simulate": False,
        "out": "o",
        "seed": 3,
        "chains": 2,
        "iter": 400,
        "warmup": 100,
        "adapt_delta": 0.9,
        "cores": None,
        "engine": "stanli",
        "html": True,
    }
    printed = capsys.readouterr()
    assert printed.out == "the table\n\n3 files in o\n"
    assert printed.err == "one line\n"


def test_redblue_defaults_to_the_anes(asked: list[dict[str, object]]) -> None:
    assert cli.main(["redblue"]) == 0
    assert (asked[0]["data"], asked[0]["simulate"], asked[0]["out"]) == ("anes", False, "redblue-out")


def test_an_error_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture) -> None:
    assert cli.main(["redblue", "--data", "absent.csv"]) == 2
    printed = capsys.readouterr()
    assert printed.err == "stanmlm: there is no file absent.csv\n"
    assert printed.out == ""


@pytest.mark.parametrize(
    ("error", "code", "says"), [(KeyboardInterrupt(), 130, "interrupted"), (DataError("no"), 2, "no")]
)
def test_exit_codes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, error: BaseException, code: int, says: str
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(cli, "redblue", fail)
    assert cli.main(["redblue"]) == code
    assert capsys.readouterr().err == f"stanmlm: {says}\n"


def test_the_version_is_told(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"stanmlm {__version__}\n"


@pytest.mark.parametrize(
    "arguments", [[], ["redbleu"], ["redblue", "--data", "a", "--simulate"], ["redblue", "--iter", "x"]]
)
def test_wrong_arguments_end_with_code_2(arguments: list[str], capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    assert stop.value.code == 2
    assert "usage: stanmlm" in capsys.readouterr().err


def test_the_doctor_reports_engines(capsys: pytest.CaptureFixture) -> None:
    assert cli.main(["doctor"]) == 0
    assert "stanli" in capsys.readouterr().out
