"""A folder in the layouts of CSMAR whose firms are simulated, with the faults of real downloads, and an elasticity that is known.

Nothing here is a firm. The firms are those of :mod:`toolkit.data.simulate` without selection of projects and without measurement error, so
that firm and year effects find the elasticity of own R&D, and a regression without them does not.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from toolkit.data.firms.choices import OWN_FILE
from toolkit.data.readers.csmar import NO_UNIT
from toolkit.data.simulate import FirmSettings, draw_firms

SEED = 20161231
_SETTINGS = {"elasticity": 0.2, "selection": 0.0, "measurement": 0.0, "persistence": 0.0}
_MILLION = 1e6
_LINES = (  # industry code, main business, by the link of the chain
    ("C39", "集成电路制造与封装测试"),
    ("I65", "集成电路设计及芯片销售"),
    ("C35", "半导体专用设备的研发与生产"),
    ("C39", "显示器件与通信终端"),
    ("C27", "化学药品制剂"),
    ("C36", "汽车零部件及传感芯片"),
)
_RESEARCH = ("集成电路研发专项补助", "省科技重大专项", "技术改造项目补助")
_OTHER = ("稳岗补贴", "软件产品增值税即征即退", "产业扶持资金")
_PROVINCES = ("上海市", "江苏省", "北京市", "广东省", "浙江省", "四川省", "湖北省", "安徽省", "陕西省", "山东省", "福建省", "湖南省")
_TITLES = {
    "Stkcd": "证券代码", "Symbol": "股票代码", "ShortName": "证券简称", "Accper": "统计截止日期", "EndDate": "截止日期",
    "Typrep": "报表类型", "StateTypeCode": "报表类型编码", "B001101000": "营业收入", "B002000000": "净利润", "A001000000": "资产总计",
    "A002000000": "负债合计", "A003000000": "所有者权益合计", "RDSpendSum": "研发投入金额", "Source": "公告来源",
    "DataSources": "列报会计科目", "Fn05601": "项目", "Fn05602": "本期金额", "Fn05603": "上期金额", "IndustryCodeC": "行业代码C",
    "MAINBUSSINESS": "主营业务", "PROVINCE": "所属省份", "LISTINGSTATE": "上市状态", "Chgtype": "变动类型", "Annoudt": "变动公布日期",
}  # fmt: skip
_OF_MONEY = ("B001101000", "B002000000", "A001000000", "A002000000", "A003000000", "RDSpendSum", "Fn05602", "Fn05603")


def write_simulated(folder: Path, *, firms: int = 260, seed: int = SEED) -> Path:
    """Write the folder and return it; equal seeds give equal numbers.

    Its faults are those that downloads have: parent statements, opening and half-year balances, rows that come twice, a restated report
    beside the first one, B shares, codes that lost their zeros, totals among the items, special treatment, negative equity, banks,
    missing cells.

    Parameters
    ----------
    folder : made if it does not exist; files of the same names are replaced.
    firms : half of them are semiconductor firms.
    """
    rng = np.random.default_rng(seed)
    settings = FirmSettings(firms=firms, provinces=len(_PROVINCES), links=len(_LINES), **_SETTINGS)
    frame = _firms(draw_firms(rng, settings, 1).panel().frame, rng)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "FS_Comins.csv", _statement(frame, {"B001101000": "revenue", "B002000000": "profit"}, rng))
    balance = _statement(frame, {"A001000000": "assets", "A002000000": "liabilities", "A003000000": "equity"}, rng)
    half = len(balance) // 2
    _write(folder / "FS_Combas.xlsx", balance.iloc[:half])
    _write(folder / "FS_Combas(2).xlsx", balance.iloc[half:])
    _write(folder / "PT_LCRDSPENDING.csv", _research(frame))
    _write(folder / "STK_LISTEDCOINFOANL.txt", _information(frame))
    _write(folder / "SPT_Trdchg.csv", _treatment(frame))
    _archive(folder, _grants(frame, rng))
    mark = f"# simulated firms: nothing here is a firm\ntruth: {settings.elasticity}\n"
    (folder / OWN_FILE).write_text(mark, encoding="utf-8")
    return folder


def _firms(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The simulated firms in yuan, with accounts around them."""
    frame = frame.reset_index(drop=True)
    number = frame["firm"].str[-3:].astype(int)
    code = np.where(number % 3 == 0, number + 1, np.where(number % 3 == 1, 300000 + number, 688000 + number))
    revenue = np.exp(frame["ln_revenue"]) * _MILLION
    grant = np.exp(frame["ln_subsidy"]) * _MILLION
    lines = frame["link"].map(dict(enumerate(_LINES)))
    n = len(frame)
    assets = revenue * np.exp(rng.normal(0.6, 0.25, n))
    debt = rng.uniform(0.15, 0.6, n)
    out = pd.DataFrame(
        {
            "code": pd.Series(code).map("{:06d}".format),
            "year": frame["year"],
            "name": "模拟" + number.map("{:03d}".format),
            "industry": lines.str[0],
            "business": lines.str[1],
            "province": frame["province"].str[-2:].astype(int).map(dict(enumerate(_PROVINCES))),
            "revenue": revenue,
            "profit": revenue * rng.normal(0.08, 0.07, n),
            "assets": assets,
            "liabilities": assets * debt,
            "equity": assets * (1 - debt),
            "grant": grant,
            "rd": np.exp(frame["ln_rd_intensity"]) * revenue + grant,
            "special": False,
        }
    )
    firms = out["code"].unique()
    poor = out["code"].isin(firms[:: max(len(firms) // 4, 1)]) & (out["year"] == 2019)
    out.loc[poor, ["equity", "liabilities"]] = np.column_stack([-0.1 * out.loc[poor, "assets"], 1.1 * out.loc[poor, "assets"]])
    out.loc[out["code"].isin(firms[1 :: max(len(firms) // 5, 1)]) & (out["year"] >= 2021), "special"] = True
    out.loc[rng.random(n) < 0.02, "rd"] = np.nan
    out.loc[(number == 5) & (out["year"] > 2017), "rd"] = np.nan
    out.loc[number == 8, "province"] = np.nan
    out.loc[number == 9, "code"] = "200010"
    out.loc[rng.random(n) < 0.02, "grant"] = np.nan
    bank = out["code"].isin(firms[2 :: max(len(firms) // 3, 1)])
    out.loc[bank, ["industry", "business"]] = ["J66", "商业银行"]
    return out


def _statement(frame: pd.DataFrame, fields: dict[str, str], rng: np.random.Generator) -> pd.DataFrame:
    """Consolidated and parent statements at the year's start, middle and end; two rows twice, one restated."""
    own = frame.rename(columns={name: field for field, name in fields.items()})
    blocks = []
    for kind, share in (("A", 1.0), ("B", 0.7)):
        for day, part in (("01-01", 0.9), ("06-30", 0.5), ("12-31", 1.0)):
            block = pd.DataFrame({"Stkcd": own["code"], "ShortName": own["name"], "Accper": own["year"].astype(str) + "-" + day})
            block["Typrep"] = kind
            for field in fields:
                block[field] = (own[field] * share * part).round(2)
            blocks.append(block)
    ends = blocks[2]
    again, restated = ends.iloc[[3, 5]], ends.iloc[[7]].copy()
    restated[list(fields)] = (restated[list(fields)] * rng.uniform(0.8, 0.9)).round(2)
    return pd.concat([*blocks, again, restated], ignore_index=True).sort_values(["Stkcd", "Accper", "Typrep"], kind="stable")


def _research(frame: pd.DataFrame) -> pd.DataFrame:
    """Codes as a spreadsheet leaves them, without their zeros."""
    return pd.DataFrame(
        {
            "Symbol": frame["code"].str.lstrip("0"),
            "EndDate": frame["year"].astype(str) + "-12-31",
            "Source": 0,
            "StateTypeCode": 1,
            "RDSpendSum": frame["rd"].round(2),
        }
    )


def _information(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Symbol": frame["code"],
            "ShortName": frame["name"],
            "EndDate": frame["year"].astype(str) + "-12-31",
            "IndustryCodeC": frame["industry"],
            "PROVINCE": frame["province"],
            "MAINBUSSINESS": frame["business"],
            "LISTINGSTATE": np.where(frame["special"] & (frame["year"] == 2022), "*ST", "正常上市"),
        }
    )


def _treatment(frame: pd.DataFrame) -> pd.DataFrame:
    codes = frame.loc[frame["special"], "code"].unique()
    return pd.DataFrame({"Stkcd": codes, "Chgtype": "AD", "Annoudt": "2021-04-30"})


def _grants(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """R&D grants in two items, other money beside them, a total below; the parent's list once more."""
    n = len(frame)
    share, other = rng.uniform(0.3, 0.7, n), frame["revenue"] * rng.uniform(0.001, 0.02, n)
    first, second = rng.permuted(np.tile(np.arange(len(_RESEARCH)), (n, 1)), axis=1)[:, :2].T
    parts = [
        (np.array(_RESEARCH)[first], frame["grant"] * share),
        (np.array(_RESEARCH)[second], frame["grant"] * (1 - share)),
        (np.array(_OTHER)[rng.integers(0, len(_OTHER), n)], other),
        (np.repeat("合计", n), frame["grant"].fillna(0) + other),
    ]
    blocks = []
    for kind in (1, 2):
        for item, amount in parts:
            block = pd.DataFrame({"Stkcd": frame["code"], "Accper": frame["year"].astype(str) + "-12-31", "DataSources": "1"})
            blocks.append(block.assign(Typrep=kind, Fn05601=item, Fn05602=amount.round(2)))
    twice = blocks[0].iloc[:5].assign(DataSources="1,2")
    return pd.concat([*blocks, twice], ignore_index=True).dropna().sort_values(["Stkcd", "Accper", "Typrep"], kind="stable")


def _with_heads(table: pd.DataFrame) -> list[Sequence[object]]:
    """Field codes, Chinese titles, units, rows."""
    cells = table.astype(object).where(table.notna(), None)
    titles = [_TITLES[str(column)] for column in table]
    return [list(table), titles, ["元" if column in _OF_MONEY else NO_UNIT for column in table], *cells.to_numpy().tolist()]


def _write(path: Path, table: pd.DataFrame) -> None:
    rows = _with_heads(table)
    if path.suffix == ".xlsx":
        from openpyxl import Workbook

        book = Workbook(write_only=True)
        tab = book.create_sheet("sheet1")
        for row in rows:
            tab.append(row)
        book.save(path)
        return
    between = "\t" if path.suffix == ".txt" else ","
    lines = [between.join("" if cell is None else str(cell) for cell in row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")


def _archive(folder: Path, grants: pd.DataFrame) -> None:
    """The grants as the platform packs them: the table in two volumes, the description of its fields."""
    half = len(grants) // 2
    with zipfile.ZipFile(folder / "政府补助120000000.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in (("FN_FN056.csv", grants.iloc[:half].copy()), ("FN_FN056(2).csv", grants.iloc[half:].copy())):
            part["DataSources"] = '"' + part["DataSources"] + '"'
            rows = [",".join("" if cell is None else str(cell) for cell in row) for row in _with_heads(part)]
            archive.writestr(name, "\ufeff" + "\n".join(rows) + "\n")
        archive.writestr("FN_FN056[DES][csv].txt", "\n".join(f"{field} [{_TITLES[str(field)]}] - " for field in grants) + "\n")
