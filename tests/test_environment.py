"""pyproject.toml, environment.yml, requirements.lock and what is installed say the same."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from rattler import MatchSpec

ROOT = Path(__file__).resolve().parent.parent
CONDA_NAME = {"brotli": "brotli-python", "duckdb": "python-duckdb"}  # where conda-forge uses another name than the package index
ONLY_CONDA = {"python", "pip"}
NOT_LOCKED = {"peers", "spark"}  # extras for benchmarks, and for .ci/run, not part of any environment that run.py or conda makes

Ranges = dict[str, SpecifierSet]


def declared(text: str) -> Ranges:
    project = tomllib.loads(text)["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for name in extras if name not in NOT_LOCKED for line in extras[name])]
    return {canonicalize_name(one.name): one.specifier for one in map(Requirement, lines)}


def conda_lines(text: str) -> tuple[list[str], list[str]]:
    entries = yaml.safe_load(text)["dependencies"]
    return [one for one in entries if isinstance(one, str)], [line for one in entries if isinstance(one, dict) for line in one["pip"]]


def conda(text: str) -> Ranges:
    lines, from_pip = conda_lines(text)
    original = {conda_name: name for name, conda_name in CONDA_NAME.items()}
    ranges = {name: SpecifierSet(rest) for name, _, rest in (line.partition(" ") for line in lines) if name not in ONLY_CONDA}
    return {original.get(name, name): found for name, found in ranges.items()} | {
        canonicalize_name(one.name): one.specifier for one in map(Requirement, from_pip)
    }


def locked(text: str) -> list[Requirement]:
    return [Requirement(line.rstrip(" \\")) for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]


def disagreements(first: Ranges, second: Ranges) -> list[str]:
    return [
        f"{name}: {first.get(name)} and {second.get(name)}" for name in sorted({*first, *second}) if first.get(name) != second.get(name)
    ]


@pytest.fixture(scope="module")
def pyproject() -> str:
    return (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def environment() -> str:
    return (ROOT / "environment.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def lock() -> str:
    return (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_environment_yml_repeats_pyproject(pyproject: str, environment: str) -> None:
    assert disagreements(declared(pyproject), conda(environment)) == []


def test_a_planted_disagreement_is_seen(pyproject: str, environment: str) -> None:
    planted = environment.replace("pandas >=3.0,<4", "pandas >=2.0,<4")
    assert planted != environment
    assert disagreements(declared(pyproject), conda(planted)) == ["pandas: <4,>=3.0 and <4,>=2.0"]
    missing = environment.replace("  - scipy >=1.15,<2\n", "")
    assert disagreements(declared(pyproject), conda(missing)) == ["scipy: <2,>=1.15 and None"]


def test_the_python_range_is_the_same(pyproject: str, environment: str) -> None:
    line = next(line for line in conda_lines(environment)[0] if line.startswith("python "))
    assert SpecifierSet(line.removeprefix("python ")) == SpecifierSet(tomllib.loads(pyproject)["project"]["requires-python"])


def test_each_conda_line_has_valid_syntax(environment: str) -> None:
    for line in conda_lines(environment)[0]:
        MatchSpec(line, strict=True)


def test_a_planted_syntax_error_is_seen() -> None:
    with pytest.raises(Exception, match="=>"):
        MatchSpec("pandas =>3.0", strict=True)


def test_the_lock_holds_every_dependency_inside_its_range(pyproject: str, lock: str) -> None:
    pins: dict[str, list[Version]] = {}
    for one in locked(lock):
        pins.setdefault(canonicalize_name(one.name), []).append(Version(next(iter(one.specifier)).version))
    outside = [
        f"{name}{specifier}: locked {[str(pin) for pin in pins.get(name, [])]}"
        for name, specifier in declared(pyproject).items()
        if not pins.get(name) or not all(pin in specifier for pin in pins[name])
    ]
    assert outside == []


def test_the_lock_names_no_index_and_hashes_every_pin(lock: str) -> None:
    for word in ("http:", "https:", "--index-url", "--extra-index-url", "--find-links", "--trusted-host"):
        assert word not in lock
    blocks = re.split(r"\n(?=[A-Za-z0-9])", lock.strip())
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_what_is_installed_is_what_is_locked(lock: str) -> None:
    here = {key: str(value) for key, value in default_environment().items()}
    wanted = {one.name: next(iter(one.specifier)).version for one in locked(lock) if one.marker is None or one.marker.evaluate(here)}
    different = {}
    for name, version in wanted.items():
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            installed = "not installed"
        if installed != version:
            different[name] = (version, installed)
    assert different == {}
