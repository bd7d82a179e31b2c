"""What industries, models and columns of the US study are called in both languages."""

from __future__ import annotations

from toolkit import glossary
from toolkit.heads import Head
from toolkit.language import Text

SEMICONDUCTORS, MACHINERY = "3344", "333242"
MARKED = {SEMICONDUCTORS: "semiconductors", MACHINERY: "machinery"}
OTHERS = "others"
MARKS = {
    OTHERS: Text("other industries", "其他行业"),
    "semiconductors": Text("semiconductors (NAICS 3344)", "半导体（NAICS 3344）"),
    "machinery": Text("semiconductor machinery (NAICS 333242)", "半导体设备（NAICS 333242）"),
}

# Short names of the rows without finer rows, by NAICS code as printed.
INDUSTRIES = {
    "21": Text("Mining, oil and gas", "采矿与油气"),
    "22": Text("Utilities", "公用事业"),
    "311": Text("Food", "食品"),
    "312": Text("Beverage and tobacco", "饮料与烟草"),
    "313-16": Text("Textile, apparel, leather", "纺织服装皮革"),
    "321": Text("Wood", "木材"),
    "322": Text("Paper", "造纸"),
    "323": Text("Printing", "印刷"),
    "324": Text("Petroleum and coal", "石油与煤制品"),
    "3251": Text("Basic chemicals", "基础化学品"),
    "3252": Text("Resin, rubber and fibers", "树脂、橡胶与化纤"),
    "3253": Text("Agricultural chemicals", "农用化学品"),
    "3254": Text("Pharmaceuticals", "医药"),
    "3255,3259": Text("Paint, other chemicals", "涂料及其他化学品"),
    "3256": Text("Soap, toilet preparations", "洗涤与化妆用品"),
    "326": Text("Plastics and rubber", "塑料与橡胶"),
    "327": Text("Nonmetallic minerals", "非金属矿物"),
    "331": Text("Primary metals", "初级金属"),
    "332": Text("Fabricated metals", "金属制品"),
    "33311": Text("Agricultural implements", "农业机械"),
    MACHINERY: Text("Semiconductor machinery", "半导体设备"),
    "3336": Text("Engines and turbines", "发动机与涡轮机"),
    "3342": Text("Communications equipment", "通信设备"),
    SEMICONDUCTORS: Text("Semiconductors", "半导体及其他电子元件"),
    "334510,334517": Text("Electromedical apparatus", "电子医疗与辐射仪器"),
    "334511": Text("Search and navigation", "探测与导航仪器"),
    "335": Text("Electrical equipment", "电气设备"),
    "3361-63": Text("Motor vehicles", "汽车及零部件"),
    "336411-13": Text("Aircraft", "飞机、发动机及零件"),
    "336414-15,336419": Text("Missiles, space vehicles", "导弹与航天器"),
    "336992": Text("Military vehicles", "军用装甲车辆"),
    "337": Text("Furniture", "家具"),
    "3391": Text("Medical equipment", "医疗器械"),
    "3399": Text("Miscellaneous manufacturing", "其他杂项制造"),
    "42": Text("Wholesale trade", "批发"),
    "454111-12": Text("Electronic shopping", "网络购物"),
    "48-49": Text("Transport, warehousing", "运输与仓储"),
    "5111": Text("Newspapers, books", "报刊图书出版"),
    "5112": Text("Software publishers", "软件出版"),
    "517": Text("Telecommunications", "电信"),
    "518": Text("Data processing, hosting", "数据处理与托管"),
    "52": Text("Finance and insurance", "金融保险"),
    "533": Text("Lessors of intangibles", "无形资产出租"),
    "5413": Text("Architecture, engineering", "建筑与工程服务"),
    "5415": Text("Computer systems design", "计算机系统设计"),
    "541711": Text("Biotechnology R&D (NAICS 2012)", "生物技术研发（NAICS 2012）"),
    "541712": Text("Physical sciences R&D (NAICS 2012)", "理工与生命科学研发（NAICS 2012）"),
    "541713": Text("Nanotechnology R&D", "纳米技术研发"),
    "541714": Text("Biotechnology R&D (NAICS 2017)", "生物技术研发（NAICS 2017）"),
    "541715": Text("Physical sciences R&D (NAICS 2017)", "理工与生命科学研发（NAICS 2017）"),
    "541720": Text("Social sciences R&D", "社会科学研发"),
    "621-23": Text("Health care", "医疗服务"),
    "other 333": Text("Other machinery", "其他机械"),
    "other 334": Text("Other electronics", "其他计算机与电子"),
    "other 3345": Text("Other measuring devices", "其他测量控制仪器"),
    "other 336": Text("Other transport equipment", "其他运输设备"),
    "other 51": Text("Other information", "其他信息业"),
    "other 53": Text("Other real estate", "其他房地产"),
    "other 54": Text("Other professional services", "其他专业服务"),
    "other nonmfg": Text("Other nonmanufacturing", "其他非制造业"),
}

LABELS = {
    "rd_company_paid": Text("company-paid R&D", "企业自筹R&D"),
    "rd_federal_paid": Text("federally paid R&D", "联邦资助R&D"),
    "domestic_sales": Text("sales", "销售额"),
    "rd_to_sales": Text("company-paid R&D / sales", "企业自筹R&D/销售额"),
    "mean_log_federal": Text("industry mean of ln federally paid R&D", "ln 联邦资助R&D的行业均值"),
    "mean_log_sales": Text("industry mean of ln sales", "ln 销售额的行业均值"),
    "naics": glossary.INDUSTRY,
}
TITLES = {
    "pooled": glossary.POOLED,
    "year": Text("Year effects", "年份固定效应"),
    "two_way": Text("Industry and year effects", "行业与年份固定效应"),
    "differences": glossary.FIRST_DIFFERENCES,
    "lag": Text("Lagged one year", "滞后一期"),
    "intensity": Text("R&D intensity", "R&D强度"),
    "between": Text("Between industries", "行业间"),
    "industry": Text("Industry effects", "行业固定效应"),
    "mundlak": Text("Mundlak", "Mundlak"),
}
SEMICONDUCTOR_DIGITS = {"company": 0, "sales": 0, "rd_to_sales": 1}
VARIANTS = {
    "two_way": Text("Industry and year effects, ln (as above)", "行业与年份固定效应，对数（同上）"),
    "no_sales": Text("Sales left out", "不控制销售额"),
    "asinh": Text("asinh of federal money, zeros kept", "联邦资助取asinh，保留零值"),
    "zero_indicator": Text("ln, zeros kept with an indicator", "对数，零值保留并加虚拟变量"),
    "poisson": Text("Poisson, ln", "泊松回归，对数"),
    "poisson_asinh": Text("Poisson, asinh, zeros kept", "泊松回归，asinh，保留零值"),
    "not_imputed": Text("Imputed cells left out", "剔除插补单元格"),
    "lag": Text("Lagged one year", "滞后一期"),
    "lag_common": Text("Lagged, rows of the first model", "滞后一期，与首个模型同一样本"),
    "era_effects": Text("Industry × survey era effects", "行业×调查时期固定效应"),
    "2016_2017": Text("2016–2017 (before the R&D threshold)", "2016—2017年（R&D门槛之前）"),
    "2018_2022": Text("2018–2022 (R&D threshold)", "2018—2022年（R&D门槛之后）"),
    "2016_2019": Text("2016–2019 (NAICS 2012)", "2016—2019年（NAICS 2012）"),
    "2020_2022": Text("2020–2022 (NAICS 2017)", "2020—2022年（NAICS 2017）"),
}

CELL_HEADS = {
    "year": Head(glossary.YEAR, "year"),
    "rows": Text("Industries", "行业数"),
    "federal_positive": Text("Federal: positive", "联邦：正值"),
    "federal_zero": Text("zero", "零"),
    "federal_below": Text("below 0.5", "低于0.5"),
    "federal_range": Text("range", "区间"),
    "federal_suppressed": Text("suppressed", "隐去"),
    "federal_imputed": Text("of published: imputed", "已公布中插补"),
    "company_range": Text("Company: range", "企业：区间"),
    "company_suppressed": Text("suppressed", "隐去"),
    "sales_missing": Text("Sales: none", "销售额：缺"),
    "used": Text("Used in logs", "对数回归可用"),
}
SEMICONDUCTOR_HEADS = {
    "industry": glossary.INDUSTRY,
    "year": Head(glossary.YEAR, "year"),
    "federal": Text("Federally paid R&D", "联邦资助R&D"),
    "company": Text("Company-paid R&D", "企业自筹R&D"),
    "sales": Text("Sales", "销售额"),
    "rd_to_sales": Text("Company R&D / sales (%)", "企业R&D/销售额（%）"),
}
DECOMPOSITION_HEADS = {
    "part": Text("Part", "部分"),
    "slope": Text("Slope", "斜率"),
    "weight": Text("Weight", "权重"),
    "contribution": Text("Slope × weight", "斜率×权重"),
}
PARTS = {
    "between": Text("Between industries", "行业间"),
    "within": Text("Within industries", "行业内"),
    "pooled": Text("Pooled (sum)", "混合回归（合计）"),
}
VARIANT_HEADS = {
    "variant": Text("Variant", "变体"),
    "estimate": glossary.ELASTICITY,
    "std_error": glossary.STANDARD_ERROR,
    "low": glossary.LOW,
    "high": glossary.HIGH,
    "wild_p": Head(glossary.WILD_P, "p_value"),
    "rows": glossary.N,
    "industries": Text("Industries", "行业数"),
}
BOUND_HEADS = {
    "form": Text("Federal money in", "联邦资助形式"),
    "federal": Text("Federal cells at", "联邦单元格取"),
    "company": Text("Company cells at", "企业单元格取"),
    "estimate": glossary.ELASTICITY,
    "std_error": glossary.STANDARD_ERROR,
    "low": glossary.LOW,
    "high": glossary.HIGH,
    "rows": glossary.N,
}
BOUND_NAMES = {
    "log": Text("ln", "ln"),
    "asinh": Text("asinh", "asinh"),
    "low": Text("lower end", "下端"),
    "high": Text("upper end", "上端"),
    "lowest": Text("chosen: lowest estimate", "逐格选取：估计最低"),
    "highest": Text("chosen: highest estimate", "逐格选取：估计最高"),
}

CELLS_NOTE = Text(
    "Rows without finer rows. Used in logs: company-paid R&D, federally paid R&D and sales all published and "
    "positive. Nothing is filled in.",
    "仅含无下级分类的行业。对数回归可用：企业自筹R&D、联邦资助R&D与销售额均已公布且为正。未作任何填补。",
)
UNITS_NOTE = Text(
    "Million current US dollars; as published, “<” marks a cell below that value.", "百万现价美元；按公布值，“<”表示低于该值。"
)
LADDER_NOTE = Text(
    "With sales as a control, R&D intensity in logs has by construction the coefficient of company-paid R&D; the last column leaves "
    "sales out. The lagged model also uses rows whose own federal money is zero or not published; Table 6 has it on the rows of the "
    "others.",
    "若控制销售额，对数R&D强度的系数与企业自筹R&D的系数必然相同；末列不控制销售额。"
    "滞后模型还用到当年联邦资助为零或未公布的行；与其他列同样本的结果见表6。",
)
DECOMPOSITION_NOTE = Text(
    "Federal money after sales are partialled out of the pooled data, split into industry means and deviations; weight: share of its sum "
    "of squares. The identity is exact. Sales are partialled out once for all rows, so the slope within industries is not quite that of "
    "the model with industry effects, which fits sales anew.",
    "在合并数据中剔除销售额影响后的联邦资助，分解为行业均值与对均值的偏离；权重为其平方和所占份额。该恒等式精确成立。"
    "销售额对全部观测一次性剔除，故行业内斜率与行业固定效应模型（重新拟合销售额）略有不同。",
)
MUNDLAK_NOTE = Text(
    "The Mundlak column adds industry means to the pooled model: its first coefficient is the one with industry effects, and the "
    "coefficient of the mean is what separates comparisons between industries from changes within them.",
    "Mundlak列在混合回归中加入行业均值：首个系数即行业固定效应的估计，均值的系数为行业间比较与行业内变化之差。",
)
VARIANTS_NOTE = Text(
    "All with industry and year effects, clustered by industry. The size of an asinh coefficient depends on the unit, here million "
    "dollars; that of the indicator variant does not. Several samples are looked at: read an interval that just leaves out zero with that "
    "in mind. Wild p: wild cluster bootstrap of a zero elasticity with the null imposed; not for Poisson.",
    "均含行业与年份固定效应，按行业聚类。asinh系数的大小取决于计量单位（此处为百万美元），虚拟变量变体则不受影响。"
    "此处检视多个样本，刚好不含零的区间应审慎解读。wild自助p值：原假设弹性为零的wild聚类自助法；泊松回归无此值。",
)
BOUNDS_NOTE = Text(
    "Industry and year effects. Cells printed as a range or as below a value stand at the end named; suppressed cells stay out. In ln, "
    "rows whose federal interval begins at zero stay out as well. Chosen: ends taken cell by cell, by a search that no single move "
    "improves.",
    "含行业与年份固定效应。以区间或“低于某值”公布的单元格取所列一端；隐去的单元格不用。取对数时，联邦区间下端为零的行也不用。"
    "逐格选取：逐个单元格选择端点，直至任何单个变动都不能再改进。",
)
WITHIN_NOTE = Text(
    "Sales, industry and year effects partialled out; the slope is the elasticity of the model with both effects.",
    "已剔除销售额、行业与年份固定效应；斜率即双向固定效应模型的弹性。",
)
JACKKNIFE_NOTE = Text(
    "Each row leaves out the industry named. Industries with one usable row do not enter the model and are not shown.",
    "每行剔除所列行业。仅有一个可用观测的行业不进入模型，未列出。",
)
FINDING = Text(
    "Between US industries, company-paid R&D rises with federally paid R&D: pooled elasticity {pooled:.3f} (standard error "
    "{pooled_se:.3f}, {pooled_rows} industry-years). With industry and year effects it is {b:.3f} ({se:.3f}; interval {low:.3f} to "
    "{high:.3f}; {rows} industry-years, {industries} industries). {between:.0%} of the variation in federal money is between industries. "
    "Leaving out any one industry keeps the estimate between {least:.3f} and {most:.3f}, and putting every cell that was printed as an "
    "interval at whichever end suits, between {lower:.3f} and {upper:.3f}. Comparing years only where the survey did not change gives "
    "{era:.3f} (interval {era_low:.3f} to {era_high:.3f}); the largest of the variants, {largest_name}, {largest:.3f} ({largest_low:.3f} "
    "to {largest_high:.3f}). The published {claim} "
    "{verdict} the interval of the model with industry and year effects, and {holds} of the {variants} intervals of the variants hold it.",
    "在美国行业之间，企业自筹R&D随联邦资助R&D上升：混合回归弹性为{pooled:.3f}（标准误{pooled_se:.3f}，{pooled_rows}个行业-年份）。"
    "控制行业与年份固定效应后为{b:.3f}（{se:.3f}；区间{low:.3f}至{high:.3f}；{rows}个行业-年份，{industries}个行业）。"
    "联邦资助的变动有{between:.0%}来自行业之间。剔除任一行业，估计值介于{least:.3f}与{most:.3f}之间；"
    "将以区间公布的单元格逐一取有利的一端，介于{lower:.3f}与{upper:.3f}之间。仅比较调查口径未变的年份，为{era:.3f}（区间{era_low:.3f}至{era_high:.3f}）；"
    "各变体中最大的是{largest_name}，为{largest:.3f}（{largest_low:.3f}至{largest_high:.3f}）。"
    "论文数值{claim}{verdict}双向固定效应模型的区间之内，"
    "{variants}个变体的区间中有{holds}个包含该值。",
)
INSIDE, OUTSIDE = Text("lies inside", "位于"), Text("lies outside", "不在")
