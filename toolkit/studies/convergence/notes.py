"""How far the results of notebook 06 carry: the notes under its tables and figures, with their numbers taken from the results."""

from __future__ import annotations

from toolkit.language import Text
from toolkit.registry import registry
from toolkit.studies.convergence.chains import FEW, NEIGHBOUR_CLASSES, thin_cells
from toolkit.studies.convergence.results import ConvergenceResults, name_of


def period_note(results: ConvergenceResults) -> Text:
    """The complete years of each variable."""
    spans = {variable: (found.table["year"].min(), found.table["year"].max()) for variable, found in results.sigma.items()}
    n = next(iter(results.sigma.values())).entities
    return Text(
        f"Years in which all {n} provinces report: " + "; ".join(f"{name_of(v).en} {a} to {b}" for v, (a, b) in spans.items()) + ".",
        f"{n}个省份均有数据的年份：" + "；".join(f"{name_of(v).zh}{a}—{b}年" for v, (a, b) in spans.items()) + "。",
    )


def sigma_note(results: ConvergenceResults) -> Text:
    """Standard errors of the trend, and that few years make it weak."""
    years = [len(found.table) for found in results.sigma.values()]
    lags = sorted({found.lags for found in results.sigma.values()})
    shown = " or ".join(map(str, lags)), "或".join(map(str, lags))
    return Text(
        f"Newey–West standard errors with {shown[0]} lags, t with T − 2 degrees of freedom. With {min(years)} to {max(years)} years "
        "the test "
        "has little power and its standard error is too small on average. Each province counts the same.",
        f"Newey–West标准误（滞后{shown[1]}期），自由度为T−2的t分布。仅有{min(years)}至{max(years)}年，检验功效低，标准误平均偏小。各省权重相同。",
    )


def beta_note(results: ConvergenceResults) -> Text:
    """Standard errors, controls, the bias of short panels, and missing half-lives."""
    found = results.beta.values()
    pairs = sorted({round(one.observations / one.entities) for one in found if one.observations > one.entities})
    return Text(
        "β: coefficient of the initial ln y, growth in logs per year. Whole period: HC1; controls in the first year: region (base "
        "East) and "
        "ln GDP per head. Yearly: clustered by province. With province effects and "
        f"{pairs[0]} to {pairs[-1]} pairs of years β is biased towards faster convergence by an order of 1/T (Nickell). "
        "Errors in the initial level also bias β towards convergence. No half-life: the interval of the speed reaches zero.",
        "β为初始ln y的系数，增长率为年均对数差。全期：HC1标准误；控制变量取首年：区域（以东部为基准）与人均GDP对数。逐年：按省份聚类。"
        f"含省份固定效应且仅{pairs[0]}至{pairs[-1]}对年份时，β向更快收敛方向偏误，量级为1/T（Nickell偏误）。"
        "初始水平的测量误差同样使β偏向收敛。半衰期空缺：收敛速度的区间触及零。",
    )


def club_note(results: ConvergenceResults) -> Text:
    """The short series of the log t test."""
    years = {len(found.paths.columns) for found in results.clubs.values()}
    points = {found.whole.points for found in results.clubs.values()}
    trim = next(iter(results.clubs.values())).trim
    return Text(
        f"Phillips–Sul log t on levels; the first {trim:.0%} of the years are left out, so the regressions rest on {min(points)} to "
        f"{max(points)} years. With {min(years)} to {max(years)} years the test rejects too often or too seldom: the clubs are a "
        "description.",
        f"Phillips–Sul log t检验（水平值）；剔除前{trim:.0%}的年份，回归仅用{min(points)}至{max(points)}年。"
        f"序列仅{min(years)}至{max(years)}年，检验水平失真，俱乐部划分仅作描述。",
    )


def tech_note() -> Text:
    """Abrupt moves in the technology market series, as the registry records them."""
    variable = registry().variables["tech_market_value"]
    return Text(f"{variable.short.en}: {variable.breaks.en}", f"{variable.short.zh}：{variable.breaks.zh}")


def chain_note(results: ConvergenceResults) -> Text:
    """How the classes were made, which number of classes was refused and why, and how thin the cells are."""
    refused = [
        Text(
            f"{r.classes} classes are refused for {name_of(r.variable).en}, whose chain has a dead end: closed "
            f"{'; '.join(', '.join(c) for c in r.closed)}, left for good {', '.join(r.transient)}.",
            f"{name_of(r.variable).zh}分为{r.classes}类时存在无法离开的类别（闭集{'；'.join('、'.join(c) for c in r.closed)}，"
            f"不再返回{'、'.join(r.transient)}），故不采用。",
        )
        for r in results.refused
    ]
    thin = [
        Text(f"{few} of {cells} in {name_of(v).en}", f"{name_of(v).zh}{cells}格中有{few}格")
        for v, (few, cells) in thin_cells(results.chains).items()
    ]
    return Text(
        f"{results.classes} classes (Q1 the lowest) by quantiles of all years together, of the value over the mean of the provinces in its "
        f"year; yearly steps. {' '.join(text.en for text in refused)} "
        f"Cells with fewer than {FEW} transitions: {', '.join(text.en for text in thin)}.",
        f"按各省数值与当年各省均值之比的全部年份分位数分为{results.classes}类（Q1最低），步长一年。{''.join(text.zh for text in refused)}"
        f"转移次数少于{FEW}的格子：{'，'.join(text.zh for text in thin)}。",
    )


def spatial_note(results: ConvergenceResults) -> Text:
    """The neighbours, the classes, and the small counts behind the tests."""
    smallest = [found.spatial.test.smallest_expected for found in results.chains.values()]
    return Text(
        "Neighbours: common land borders, row-standardised, Guangdong and Hainan joined by convention. "
        f"{NEIGHBOUR_CLASSES} classes each for the own value and for the mean of the neighbours, by quantiles of all years "
        "together; Q1 is the lowest. "
        f"The smallest expected counts are {min(smallest):.1f} to {max(smallest):.1f}, far below five: the p-values are a rough guide.",
        f"邻省：陆地接壤，行标准化，按惯例将海南与广东视为相邻。本省数值与邻省均值各按全部年份分位数分{NEIGHBOUR_CLASSES}类，Q1最低。"
        f"最小期望频数为{min(smallest):.1f}至{max(smallest):.1f}，远小于五，p值仅供参考。",
    )


def ridge_note(results: ConvergenceResults) -> Text:
    """The kernel."""
    units = int(results.densities["units"].min())
    return Text(
        f"Gaussian kernel, Silverman's bandwidth for each year, {units} provinces of equal weight; zero is the mean of the provinces.",
        f"高斯核，逐年Silverman带宽，{units}个省份等权；零为各省均值。",
    )
