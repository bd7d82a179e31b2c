"""Every error a user can meet, by name. Each says what happened, where, and what to do about it.

The text of an error has up to three lines::

    gdp of Beijing 2019 is -3.1; it must lie in [0, 200000]
      where:  data_raw/provincial/provincial_panel.csv, row 412, column gdp
      remedy: correct the cell, or declare a correction in toolkit/registry/corrections.yaml
"""

from __future__ import annotations


class ToolkitError(Exception):
    """Root of all errors of the toolkit.

    Parameters
    ----------
    what : one sentence that names the thing that is wrong.
    where : file, row, column, entity, year: as much as is known.
    remedy : what the reader can do about it.
    """

    def __init__(self, what: str, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where, remedy)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        return self.told("where:  ", "remedy: ")

    def told(self, where: str, remedy: str) -> str:
        """The lines of the error with these words before place and remedy."""
        lines = [self.what]
        if self.where:
            lines.append(f"  {where}{self.where}")
        if self.remedy:
            lines.append(f"  {remedy}{self.remedy}")
        return "\n".join(lines)


# --- data: raw files, readers, tables -------------------------------------------------------------


class DataError(ToolkitError):
    """Something is wrong with the data on disk."""


class RawFileMissing(DataError):
    """A raw file that the registry lists is not on disk."""


class RawFileChanged(DataError):
    """The bytes of a raw file are not the ones the registry describes."""


class UnreadableFile(DataError):
    """A file does not have the layout that its reader expects."""


class NotNumeric(DataError):
    """Text stands where a number must be."""


class UnknownProvince(DataError):
    """A name or code is none of the 31 provinces."""


class UnknownCity(DataError):
    """A name or code is no unit of the second level that official lists have or had."""


class DuplicateKey(DataError):
    """The same entity and time occur twice."""


class MissingKey(DataError):
    """An entity or a time is missing."""


class OutOfRange(DataError):
    """A value lies outside the range that its variable allows."""


class SchemaViolated(DataError):
    """Cells of a user's file are not what the user's schema says."""


class SumMismatch(DataError):
    """Parts do not add up to their total."""


class RepeatedValue(DataError):
    """A published amount is that of the year before to the last digit, and nobody has looked at it."""


class CoverageShrank(DataError):
    """A rebuilt table has fewer observations than the recorded one."""


class CorrectionObsolete(DataError):
    """A declared correction no longer meets the value it was written for."""


class MergeMismatch(DataError):
    """Two tables that must share their keys do not."""


class RegistryError(DataError):
    """An entry of the registry is malformed or refers to an id that does not exist."""


class UnknownName(DataError):
    """No table, variable, source or exhibit has this name."""


# --- warnings ----------------------------------------------------------------------------------------


class UnseenLevel(UserWarning):
    """A prediction is missing because a category has a level that the estimate has not seen."""


# --- panels and formulas ---------------------------------------------------------------------------


class PanelError(ToolkitError):
    """A frame cannot be used as a panel."""


class UnclearPeriods(PanelError):
    """A time column does not say which periods its rows belong to."""


class MissingColumn(PanelError):
    """A name in a formula or an argument is no column of the data."""


class FormulaError(ToolkitError):
    """A formula cannot be parsed; the text points at the place."""


class UnknownOption(ToolkitError):
    """An argument is none of the documented choices."""


# --- estimation ------------------------------------------------------------------------------------


class EstimationError(ToolkitError):
    """A model cannot be estimated on these rows."""


class EmptySample(EstimationError):
    """No row (or too few) is left after the counted drops."""


class NothingToEstimate(EstimationError):
    """Every regressor is collinear, constant or absorbed."""


class UnderIdentified(EstimationError):
    """Fewer usable instruments than endogenous regressors."""


class TooFewClusters(EstimationError):
    """Clustered standard errors need at least two clusters."""


class TooFewPeriods(EstimationError):
    """The panel is too short for the lags, differences or instruments asked for."""


class NoSuccessivePeriods(TooFewPeriods, PanelError):
    """A lag or difference is asked for, and no entity has two rows one step of the calendar apart."""


class NotConverged(EstimationError):
    """The absorbed effects were not removed to the required accuracy."""


class PerfectPrediction(EstimationError):
    """The regressors tell some outcomes without error, so that a coefficient is infinite."""


class NotEstimable(EstimationError):
    """A statistic or test does not exist for this estimate."""


# --- measures --------------------------------------------------------------------------------------


class MeasureError(ToolkitError):
    """A measure is not defined for these values."""


# --- claim audit ---------------------------------------------------------------------------------------


class AuditError(ToolkitError):
    """A claim cannot be audited as it is written."""


class IntervalError(AuditError):
    """An operation on intervals has no result."""


class UnitMismatch(AuditError):
    """Two quantities have units that do not convert into each other."""


# --- presentation and the runner -------------------------------------------------------------------


class PresentationError(ToolkitError):
    """A table or figure cannot be drawn as asked."""


class NotebookFailed(ToolkitError):
    """One or more notebooks stopped at a cell that raised."""
