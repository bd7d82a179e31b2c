"""A page speaks its own language: what is in the other one is short, a name, or marked as such."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from browser import written_once
from spoken import foreign, runs


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as the tests in the browser have it."""
    base = tmp_path_factory.getbasetemp()
    return written_once((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "site-for-the-browser")


@pytest.mark.slow
def test_no_page_has_a_run_in_the_other_language(site: Path) -> None:
    """Of the whole site; tests/pipeline/test_pipeline_site.py looks at a small one."""
    assert foreign(site) == {}


def test_a_run_is_seen_and_a_marked_one_is_not() -> None:
    page = '<html lang="zh-CN"><p>研发 <span lang="en">as it was printed there</span></p><img alt="what is shown in it">'
    page += "<p>all words there here 与 Stock and Watson, chapter"
    assert runs(page, "zh") == ["what is shown in it", "all words there here"]
    assert runs("<p>Patents <b>专利授权数量</b> and <code>专利授权数量</code>", "en") == ["专利授权数量"]
