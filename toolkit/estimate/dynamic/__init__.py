"""Dynamic panels: difference and system GMM (Arellano and Bond 1991; Blundell and Bond 1998), and vector autoregressions."""

from toolkit.estimate.dynamic.declarations import DynamicSettings, Lags
from toolkit.estimate.dynamic.fit import fit_dynamic
from toolkit.estimate.dynamic.panel_var import PanelVar, fit_panel_var
from toolkit.estimate.dynamic.result import DynamicEstimate

__all__ = ["DynamicEstimate", "DynamicSettings", "Lags", "PanelVar", "fit_dynamic", "fit_panel_var"]
