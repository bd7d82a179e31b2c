"""Specification curves: every combination of declared choices, solved from shared cross-products, with joint inference by permutation."""

from toolkit.estimate.spec_curve.choices import Choices, Condition
from toolkit.estimate.spec_curve.curve import specification_curve
from toolkit.estimate.spec_curve.permutation import CurvePermutation, permute_curve
from toolkit.estimate.spec_curve.result import SpecificationCurve

__all__ = ["Choices", "Condition", "CurvePermutation", "SpecificationCurve", "permute_curve", "specification_curve"]
