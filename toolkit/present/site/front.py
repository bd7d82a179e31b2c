"""The front page: the answer of each chapter in one short sentence, its numbers taken from what the notebooks stated.

This is the one list of what stands in front. A sentence has at most two numbers, and is shown only while the recorded values agree with
it; otherwise, and for a notebook that is not listed, the first sentence that the notebook states is shown.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from toolkit.audit.run import Audit
from toolkit.audit.verdicts import Word
from toolkit.language import Language, Text
from toolkit.present.record import Value, statement
from toolkit.present.site import gallery
from toolkit.present.site.shell import Link, file_of
from toolkit.present.templates import fill

Statements = Mapping[str, Mapping[str, Any]]
NOTHING = Text("", "")
WORDS = {
    "subject": Text("Science-technology and industrial innovation", "科技创新与产业创新融合"),
    "introduction": Text(
        "Two statements from recent papers, put to the test on official Chinese figures. Every number below is computed, "
        "and each picture opens the chapter with the data behind it.",
        "用官方数据检验近期论文中的两个判断。下列数字均由程序计算得出，点击图片可查看相应章节及其数据。",
    ),
    "sure": Text("How sure are we?", "有多大把握？"),
    "more": Text("Read the chapter", "阅读本章"),
    "findings": Text("Five further findings", "另外五项发现"),
    "checked": Text("The papers, statement by statement", "逐条核查论文"),
    "all_verdicts": Text("All verdicts with their reasons", "查看全部结论与理由"),
    "chapters": Text("The argument, chapter by chapter", "各章结论"),
    "none_yet": gallery.NONE_YET,
}
"""The texts of the page, by their names in its template."""
PLAIN: dict[Word, Text] = {  # what a verdict says to somebody who has not read how it is reached
    "reproduced": Text("agrees with official figures", "与官方数据相符"),
    "weak": Text("possible, but hardly tested", "不矛盾，但检验很松"),
    "another_vintage": Text("right for another year or release", "仅与其他年份或版本相符"),
    "contradicted": Text("contradicted by official figures", "与官方数据矛盾"),
    "incoherent": Text("at odds with the paper's other numbers", "与论文其他数字不符"),
    "depends": Text("depends on what is meant", "取决于如何定义"),
    "not_tested": Text("not checked yet", "尚未核对"),
    "not_public": Text("data not public", "数据未公开"),
    "undefined": Text("term not defined", "概念未作定义"),
    "no_fact": Text("a goal, a proposal or an opinion", "目标、建议或观点"),
}


@dataclass(frozen=True)
class Answer:
    """The answer of a chapter.

    Attributes
    ----------
    key : the recorded statement that holds the values.
    sentence, sure : the answer, and how sure it is; fields name values of the statement.
    holds : whether its own recorded values, and those of all statements of the notebook, bear the words out.
    question : put above the answers that open the page.
    figure : the figure that is shown with it.
    """

    key: str
    sentence: Text
    holds: Callable[[Mapping[str, Any], Statements], bool]
    question: Text = NOTHING
    sure: Text = NOTHING
    figure: str = ""


ANSWERS: dict[str, Answer] = {
    "01_data_and_measurement": Answer(
        key="measurement_repairs",
        sentence=Text(
            "Official listings contain errors: one has {first} and {second} in each other's place. Each was found by comparing "
            "publications, and is corrected openly.",
            "官方数据也有差错：有一份数据把{first}与{second}的数字互换。差错均由不同出版物比对发现，并公开更正。",
        ),
        holds=lambda own, _: own["years"] > 0,
    ),
    "02_subsidy_and_rd_intensity": Answer(
        key="subsidy_two_way",
        question=Text("Does public money bring more research?", "财政投入能带来更多研发吗？"),
        sentence=Text(
            "When a province spends one per cent more public money on science and technology, its R&D intensity is {year:.2f} per cent "
            "higher in the same year; one paper puts the figure for firms at {claim:.2f}.",
            "一省的财政科技支出每多百分之一，当年研发强度高百分之{year:.2f}；有论文称企业的这一数字为{claim:.2f}。",
        ),
        sure=Text(
            "That the two rise together is well established; that money is the cause is not. Allow each province its own trend and "
            "only {trends:.2f} is left, which could be chance.",
            "二者同步上升较为确定，但不能说明是财政投入所致：允许各省有自身趋势后仅余{trends:.2f}，可能只是偶然。",
        ),
        holds=lambda own, _: own["year"] < own["claim"] and "[−" not in own["year_range"] and "[−" in own["trends_range"],
        figure="02_in_short",
    ),
    "03_regional_distribution": Answer(
        key="regions_two_thirds",
        question=Text("Do three centres have two thirds of the nation's innovation?", "三大中心集聚了全国三分之二的创新资源吗？"),
        sentence=Text(
            "Not two thirds: Beijing, Shanghai and Guangdong together have between {lowest:.0f} and {highest:.0f} per cent of the nation's "
            "innovation resources, depending on what is counted.",
            "不到三分之二：京沪粤三地合计占全国创新资源的百分之{lowest:.0f}至百分之{highest:.0f}，因所计资源而异。",
        ),
        sure=Text(
            "Very sure for the provinces named: not one of {n} resources comes near. Hong Kong and Macao, which publish nothing "
            "comparable, are not in it; and if each centre is read as a whole region, {members} provinces in all, some resources do.",
            "就所列省份而言很有把握：{n}项资源无一接近三分之二。香港与澳门没有可比数据，未计入；"
            "若把三个中心理解为共{members}个省份的三大区域，则部分资源可达到。",
        ),
        holds=lambda own, _: own["word"]["en"] == "false" and own["named"]["en"][:4] == "none",
        figure="03_two_thirds",
    ),
    "04_other_panels": Answer(
        key="seven_panels",
        sentence=Text(
            "From Chinese provinces to American universities, those who get more public research money also spend more of their own; "
            "followed over time, the link shrinks from {median_pooled:.2f} to {median_within:.2f}.",
            "从中国省份到美国高校，得到公共研发资金较多者，自有研发投入也较多；但逐一跟踪其变化，弹性便由{median_pooled:.2f}降至{median_within:.2f}。",
        ),
        holds=lambda own, _: (
            own["smaller"]["en"] == "in every one" and own["pooled_least"] > 0 and own["median_within"] < own["median_pooled"]
        ),
        figure="04_seven_panels",
    ),
    "05_firms": Answer(
        key="colombia_own_money",
        sentence=Text(
            "Real firms show why one number is not enough: {pooled:.2f} when firms are compared with each other, {asked:.2f} when each is "
            "compared with itself a year later.",
            "真实企业说明一个数字不够：企业之间相比，弹性为{pooled:.2f}；同一企业前后两年相比，仅为{asked:.2f}。",
        ),
        holds=lambda own, _: own["asked"] < own["pooled"],
    ),
    "06_convergence": Answer(
        key="convergence_sigma",
        sentence=Text(
            "The gap between provinces is hardly closing: of {n} measures of research and innovation, {other} show no clear change.",
            "省际差距几乎没有缩小：在{n}项研发与创新指标中，有{other}项看不出变化。",
        ),
        holds=lambda own, _: own["rising"]["en"] == "none" and own["other"] > own["n"] / 2,
    ),
    "07_integration_index": Answer(
        key="integration",
        sentence=Text(
            "Provinces strong in science are strong in industry, but the one is not seen to rise with the other: not one of {pairs} "
            "comparisons over time shows it.",
            "科技强的省份产业也强，但看不出二者同步上升：{pairs}组随时间的比较无一显示。",
        ),
        holds=lambda own, told: own["clear"]["en"] == "not one" and told["integration_movement"]["between_low"] > 0,
        figure="07_movement",
    ),
    "08_claim_audit": Answer(
        key="claims_verdicts",
        sentence=Text(
            "Of {claims} statements in five papers, {decided} can be checked against official figures. Of these {reproduced} "
            "agree with them and {contradicted} contradict them.",
            "五篇论文的{claims}条论断中，{decided}条可用官方数据核对。其中{reproduced}条相符，{contradicted}条不符。",
        ),
        holds=lambda own, _: own["decided"] > 0,
    ),
    "09_drivers_and_costs": Answer(
        key="tax_b_index",
        sentence=Text(
            "Tax deductions have made research cheaper: a high-tech enterprise that pays tax needs {fall:.0%} less income for each yuan of "
            "R&D than in {first_year}.",
            "加计扣除使研发更便宜：缴税的高新技术企业，每一元研发所需的税前收入比{first_year}年少{fall:.0%}。",
        ),
        holds=lambda own, _: own["fall"] > 0,
        figure="09_b_index",
    ),
    "10_from_rd_to_sales": Answer(
        key="conversion_sales",
        sentence=Text(
            "Industry sells more new products, from {first:.0f} to {last:.0f} per cent of GDP in five years. In high-tech manufacturing "
            "fewer of them are sold per yuan of R&D than before.",
            "工业新产品销售五年间由GDP的百分之{first:.0f}升至百分之{last:.0f}。但在高技术制造业，每一元研发对应的新产品销售反而减少。",
        ),
        holds=lambda own, _: own["last"] > own["first"] and own["high_change"] < 0 and own["end"] - own["start"] == 5,
        figure="10_sales",
    ),
    "11_policy_pilots": Answer(
        key="zone_verdict",
        sentence=Text(
            "There is no sign that national innovation zones raised what enterprises spend on R&D, and no proof that they did not: only a "
            "rise of {detectable:.0f} per cent or more would have shown.",
            "没有迹象表明国家自主创新示范区提高了企业的研发投入，也不能证明没有提高：增幅须达百分之{detectable:.0f}才看得出来。",
        ),
        holds=lambda own, told: told["zone_effects"]["smallest"] > 0.05 and told["zone_alternatives"]["significant"] == 0,
        figure="11_event_studies",
    ),
    "12_published_results": Answer(
        key="published_overview",
        sentence=Text(
            "The programs can be trusted with known results: of {cells} numbers printed in well-known studies, {apart} do not come out.",
            "程序经得起已知结果的检验：在知名研究所印的{cells}个数字中，仅{apart}个未能重现。",
        ),
        holds=lambda own, _: own["apart"] < own["cells"] / 100,
    ),
    "13_space": Answer(
        key="space_spillovers",
        sentence=Text(
            "Neighbouring provinces are alike in research, but there is no sign that money spills over their borders: what enterprises pay "
            "for R&D rises with their own province's budget for science (elasticity {direct:.2f}), not clearly with the neighbours' "
            "({around:.2f}).",
            "相邻省份的研发水平相近，但看不出越过省界的溢出：企业出资的研发与本省财政科技支出相关（弹性{direct:.2f}），"
            "与接壤省份的财政科技支出则无明显相关（{around:.2f}）。",
        ),
        holds=lambda own, told: (
            told["space_alike"]["p"] < 0.05
            and told["space_alike"]["last"] > 0
            and own["direct"] > 0
            and "[−" not in own["direct_range"]
            and "[−" in own["around_range"]
            and ", −" not in own["around_range"]
        ),
        figure="13_spillovers",
    ),
    "14_basic_research": Answer(
        key="basic_path",
        sentence=Text(
            "Basic research is {last:.1f} per cent of the nation's R&D. If the course of the last ten years went on, a share of "
            "{target:.0f} per cent would be met in {reached:.0f}.",
            "基础研究占全国研发经费的百分之{last:.1f}。若延续近十年的走势，到{reached:.0f}年才达到百分之{target:.0f}。",
        ),
        holds=lambda own, _: own["last"] < own["target"] and own["reached"] > own["horizon"],
        figure="14_path",
    ),
    "15_transfer_funnel": Answer(
        key="transfer_contracts",
        sentence=Text(
            "The nation's technology contracts grew by ten per cent or more in each of the last {claim} years. Only {kept} provinces "
            "sold that much more in every one of these years.",
            "最近{claim}年，全国技术合同成交额年年增长一成以上。但输出额年年增长一成以上的省份只有{kept}个。",
        ),
        holds=lambda own, _: own["run"] >= own["claim"] and own["kept"] < own["provinces"] / 2,
        figure="15_runs",
    ),
    "16_similar_structures": Answer(
        key="structures_alike",
        sentence=Text(
            "Provinces resemble each other more than chance would have it in {above} of {all} breakdowns of what they do. Whether they "
            "duplicate industries is not known: no published table has industries by province.",
            "在{all}类活动结构中，有{above}类的省际相似程度超出偶然。各省是否重复布局产业尚不得而知：没有公开的分省分行业数据。",
        ),
        holds=lambda own, _: own["above"] > own["all"] / 2,
        figure="16_similarity",
    ),
    "17_horizons_and_incentives": Answer(
        key="horizons",
        sentence=Text(
            "A fund of {short:.0f} years ends before a science-based firm can be listed, which takes {listing_low:.0f} years or more. That "
            "is arithmetic on what papers say, not an estimate.",
            "存续期{short:.0f}年的基金在科创企业上市之前就已到期，上市至少需要{listing_low:.0f}年。这是依论文说法所作的算术，不是估计。",
        ),
        holds=lambda own, _: own["short"] < own["listing_low"],
        figure="17_horizons",
    ),
    "18_voting_and_evaluation": Answer(
        key="review_votes",
        sentence=Text(
            "Give enterprises {weight:.0f} per cent of the vote on research projects, and in a simulation up to {most:.0f} per cent of the "
            "funded list changes. How far experts and enterprises disagree in fact is not published.",
            "模拟表明，若企业占科研立项百分之{weight:.0f}的投票权，获资助名单至多更替百分之{most:.0f}。专家与企业实际分歧有多大，并无公开数据。",
        ),
        holds=lambda own, _: own["most"] > own["least"],
        figure="18_votes",
    ),
}
CARDS = ("04_other_panels", "07_integration_index", "09_drivers_and_costs", "10_from_rd_to_sales", "11_policy_pilots")


def headline(notebook: str, told: Statements, stated: Sequence[str]) -> tuple[Text, Text]:
    """The answer of a notebook in one short sentence, and how sure it is; empty texts if it states nothing.

    Parameters
    ----------
    notebook : its name.
    told : its recorded statements.
    stated : names of its statements in the order in which it states them.
    """
    answer = ANSWERS.get(notebook)
    if answer and answer.key in told and answer.holds(told[answer.key], told):
        return _filled(answer.sentence, told[answer.key]), _filled(answer.sure, told[answer.key])
    texts = [told[key]["text"] for key in (*([answer.key] if answer else []), *stated) if key in told]
    return (Text(_first_sentence(texts[0]["en"]), _first_sentence(texts[0]["zh"])), NOTHING) if texts else (NOTHING, NOTHING)


def front_page(
    links: Sequence[Link],
    exhibits: Mapping[str, gallery.Exhibit],
    headlines: Mapping[str, tuple[Text, Text]],
    claims: Audit,
    language: Language,
    reports: Path,
) -> Markup:
    """The body of index.html.

    Parameters
    ----------
    links : the navigation; those of notebooks become the chapters.
    exhibits : figures by name.
    headlines : of each notebook, as :func:`headline` gives them.
    claims : the verdicts.
    language : of the page.
    reports : the folder of the site.
    """

    def shown(notebook: str) -> dict[str, object]:
        answer = ANSWERS[notebook]
        drawn = exhibits.get(answer.figure)
        return {
            "key": answer.key,
            "question": answer.question,
            "sentence": headlines[notebook][0],
            "sure": headlines[notebook][1],
            "page": f"{file_of(f'pages/{notebook}', language)}",
            "figure": answer.figure if drawn else "",
            "picture": gallery.picture(drawn, language, reports, "") if drawn else "",
        }

    chapters = [
        (file_of(link.page, language), link, headlines[link.page.removeprefix("pages/")][0])
        for link in links
        if link.group == gallery.NOTEBOOKS
    ]
    return fill(
        "front",
        language,
        words=WORDS,
        questions=[shown(name) for name, answer in ANSWERS.items() if answer.question.en and name in headlines],
        cards=[shown(name) for name in CARDS if name in headlines],
        audit=headlines.get("08_claim_audit", (NOTHING, NOTHING))[0],
        bar={word: count for word, count in claims.counts().items() if count},
        verdict_words=PLAIN,
        claims=file_of("claims", language),
        chapters=chapters,
        number=lambda link: gallery.chapter_of(link.page.removeprefix("pages/")),
    )


def _filled(template: Text, values: Mapping[str, Any]) -> Text:
    """The sentence with the values that it names."""
    names = {name for _, name, _, _ in string.Formatter().parse(template.en) if name}
    given: dict[str, Value] = {name: Text(**value) if isinstance(value := values[name], dict) else value for name in names}
    return statement("headline", template, **given).text


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s+(?=[A-Z])|(?<=。)", text)[0]
