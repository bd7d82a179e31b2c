"""The Chinese characters that the pages use, as small WOFF2 files, so that they show on a computer without a Chinese font."""

from __future__ import annotations

from pathlib import Path

from toolkit import paths

FIRST_CJK = 0x2E80  # below lie Latin, Greek and signs, which every computer has


def chinese_characters(texts: list[str]) -> str:
    """The different CJK characters and punctuation marks in some texts, sorted.

    >>> chinese_characters(["R&D 强度", "强度（%）"])
    '度强（）'
    """
    return "".join(sorted(character for character in set().union(*texts) if ord(character) >= FIRST_CJK))


def write_subset(source: Path, characters: str, target: Path) -> None:
    """Write the glyphs of ``characters`` in the font ``source`` as WOFF2.

    Raises
    ------
    OSError
        If the font cannot be read or the target cannot be written.
    """
    from fontTools import subset

    options = subset.Options(flavor="woff2", layout_features=[], hinting=False, notdef_outline=True, desubroutinize=True)
    options.drop_tables += ["BASE", "vhea", "vmtx", "VORG"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=characters)
    with subset.load_font(str(source), options, lazy=True) as font, paths.replacing(target) as temporary:
        subsetter.subset(font)
        subset.save_font(font, str(temporary), options)


def write_fonts(characters: str, folder: Path) -> None:
    """Write the sans (text) and serif (tables) subsets that the style sheet names."""
    from pylopdf_fonts_zh_cn import sans_path, serif_path

    write_subset(Path(sans_path()), characters, folder / "sans-sc.woff2")
    write_subset(Path(serif_path()), characters, folder / "serif-sc.woff2")
