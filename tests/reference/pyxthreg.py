"""Write pyxthreg.csv: what pyxthreg finds on threshold_panel.csv. Run in an environment of its own (pip install pyxthreg)."""

import sys
from importlib.metadata import version
from pathlib import Path

here = Path(__file__).parent
sys.path = [entry for entry in sys.path if Path(entry or ".").resolve() != here]  # this file has the name of the package

import pandas as pd  # noqa: E402
from pyxthreg import ThresholdPanel  # noqa: E402

TRIM, DRAWS = 0.05, 200


def fitted(frame: pd.DataFrame, thresholds: int, time_effects: bool) -> dict[str, object]:
    model = ThresholdPanel(data=frame, dep="y", indep=["z"], rx=["x"], qx="q", entity_col="firm", time_col="year")
    model.fit(thnum=thresholds, trim=TRIM, grid=0, bs=DRAWS, nobslog=True, time_fe=time_effects, robust=True)
    return dict(model.results)


def rows(frame: pd.DataFrame) -> list[tuple[str, int, str, float]]:
    found = []
    for effects, time_effects in (("firm", False), ("firm + year", True)):
        for thresholds in (1, 2, 3):
            results = fitted(frame, thresholds, time_effects)
            for j, value in enumerate(results["thresholds"], 1):
                found.append((effects, thresholds, f"threshold_{j}", value))
            for j, (low, high) in enumerate(results["ci_results"], 1):
                found += [(effects, thresholds, f"low_{j}", low), (effects, thresholds, f"high_{j}", high)]
            for j, rss in enumerate(results["ssrs"], 1):
                found.append((effects, thresholds, f"rss_{j}", rss))
            for j, (b, s) in enumerate(zip(results["beta"].ravel(), results["se"].ravel(), strict=True)):
                found += [(effects, thresholds, f"beta_{j}", b), (effects, thresholds, f"se_{j}", s)]
            for j, test in enumerate(results["boot_results"], 1):
                found += [(effects, thresholds, f"{key}_{j}", test[key]) for key in ("F_stat", "p_value", "crit10", "crit5", "crit1")]
    return found


if __name__ == "__main__":
    table = pd.DataFrame(rows(pd.read_csv(here / "threshold_panel.csv")), columns=["effects", "thresholds", "key", "value"])
    versions = ", ".join(f"{name} {version(name)}" for name in ("pyxthreg", "numpy", "numba"))
    note = f"# {versions}; trim {TRIM}, grid=0, {DRAWS} draws, seed 42 (its own)\n"
    (here / "pyxthreg.csv").write_text(note + table.to_csv(index=False, float_format="%.12g"))
