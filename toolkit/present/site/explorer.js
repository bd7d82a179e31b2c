// The explorer: the view is what the address says; every choice changes the address, and the charts follow.
(function () {
  "use strict";
  const config = JSON.parse(document.getElementById("explorer-config").textContent);
  const data = window.EXPLORER;
  const tongue = config.language === "zh" ? 1 : 0;
  const words = config.words;
  const at = (id) => document.getElementById(id);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const places = new Map(data.provinces.map((one) => [one.id, one]));
  const inTable = data.provinces.filter((one) => one.region4);
  const nameOf = (one) => (tongue ? one.zh : one.en);
  const narrow = () => matchMedia("(max-width: 640px)").matches;
  const drawn = {}; // chart -> view of Vega
  let view = null; // {indicator, year, group, compared: [ids]}

  // --- the view and the address ---

  function fromAddress() {
    const asked = new URLSearchParams(location.hash.slice(1));
    const indicator = asked.get("v") in data.indicators ? asked.get("v") : at("indicator").querySelector("option[selected]").value;
    const one = data.indicators[indicator];
    const year = Number(asked.get("y")) || one.last;
    const groups = Array.from(at("group").options, (option) => option.value);
    const compared = (asked.get("p") || (location.hash ? "" : config.compared.join(","))).split(",").filter((id) => places.has(id) && places.get(id).region4);
    return {
      indicator,
      year: Math.min(Math.max(year, one.first), one.last),
      group: groups.includes(asked.get("g")) ? asked.get("g") : "",
      compared: Array.from(new Set(compared)).slice(0, config.most),
    };
  }

  function address() {
    const parts = [`v=${view.indicator}`, `y=${view.year}`];
    if (view.group) parts.push(`g=${view.group}`);
    if (view.compared.length) parts.push(`p=${view.compared.join(",")}`);
    return `#${parts.join("&")}`;
  }

  function choose(changes) {
    const one = data.indicators[changes.indicator || view.indicator];
    view = { ...view, ...changes };
    view.year = Math.min(Math.max(view.year, one.first), one.last);
    history.replaceState(null, "", address());
    show();
  }

  function toggle(id) {
    if (!places.has(id) || !places.get(id).region4) return;
    if (view.compared.includes(id)) return choose({ compared: view.compared.filter((other) => other !== id) });
    if (view.compared.length >= config.most) {
      tell(fill(words.full, { n: config.most }));
      return show();
    }
    return choose({ compared: [...view.compared, id] });
  }

  // --- the numbers of the view ---

  const indicator = () => data.indicators[view.indicator];
  const inside = (one) => !view.group || one[view.group.split("-")[0]] === view.group.split("-")[1];
  const valueOf = (one, year) => {
    const row = indicator().values[inTable.indexOf(one)];
    return row ? row[data.years.indexOf(year)] : null;
  };
  const nationIn = (year) => indicator().nation[data.years.indexOf(year)];
  const number = (value) => value.toLocaleString("en-US", { minimumFractionDigits: indicator().digits, maximumFractionDigits: indicator().digits }).replace("-", "−");
  const plain = (value) => (value === null || value === undefined ? "" : String(value));
  const chosen = (one) => view.compared.includes(one.id);
  const known = (year) => inTable.filter((one) => inside(one) && valueOf(one, year) !== null).map((one) => ({ one, value: valueOf(one, year) }));
  const referenceName = () => (indicator().reference === "nation" ? words.nation : words.mean);

  function tileRows() {
    const short = tongue || narrow() ? null : { "Inner Mongolia": "In. Mong.", Heilongjiang: "Heilongj." };
    return data.provinces.map((one) => {
      const value = valueOf(one, view.year);
      const seen = value !== null && value !== undefined;
      const name = !tongue && narrow() ? one.id : (short && short[one.en]) || nameOf(one);
      return { id: one.id, name, row: String(one.row), column: String(one.column), value: seen ? value : 0, seen, inside: inside(one), chosen: chosen(one), shown: seen ? number(value) : narrow() ? "–" : words.none };
    }).map((row) => (row.seen ? row : { ...row, value: null }));
  }

  function barRows() {
    return known(view.year).sort((a, b) => b.value - a.value).map(({ one, value }, place) => (
      { id: one.id, name: nameOf(one), label: `${chosen(one) ? "◆ " : ""}${nameOf(one)}`, value, shown: number(value), chosen: chosen(one), rank: place + 1 }));
  }

  function lineRows() {
    const rows = [];
    const add = (name, id, slot, of) => data.years.forEach((year) => {
      const value = of(year);
      if (value !== null && value !== undefined) rows.push({ id, name, year, value, slot, shown: `${year}: ${number(value)}` });
    });
    inTable.filter((one) => inside(one) || chosen(one)).forEach((one) => add(nameOf(one), one.id, view.compared.indexOf(one.id), (year) => valueOf(one, year)));
    add(referenceName(), "", -2, nationIn);
    return rows;
  }

  // names at the ends of the lines, moved apart where they would meet
  function lineEnds(rows) {
    const last = new Map();
    rows.filter((row) => row.slot !== -1).forEach((row) => last.set(row.name, row));
    const values = rows.map((row) => row.value);
    const least = (Math.max(...values) - Math.min(...values)) * 0.055;
    const ends = Array.from(last.values(), (row) => ({ name: row.name, year: row.year, value: row.value })).sort((a, b) => a.value - b.value);
    for (const [place, end] of ends.entries()) {
      const below = ends.slice(0, place).filter((other) => other.year === end.year).pop();
      if (below) end.value = Math.max(end.value, below.value + least);
    }
    return ends;
  }

  function markRows() {
    return indicator().marks.map(([year, kind, en, zh], place) => ({ year, kind, sign: String.fromCharCode(97 + place), text: tongue ? zh : en }));
  }

  // one square for each province, stacked in some fifteen classes of a round width
  function dotRows() {
    const rows = known(view.year).sort((a, b) => a.value - b.value);
    const values = [...rows.map((row) => row.value), ...referenceRows().map((row) => row.value)];
    const rough = (Math.max(...values) - Math.min(...values)) / 15 || 1;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].find((one) => one * power >= rough) * power;
    const places = new Map();
    return rows.map(({ one, value }) => {
      const bin = Math.floor(value / step);
      const floor = places.get(bin) || 0;
      places.set(bin, floor + 1);
      const square = { low: bin * step, high: (bin + 1) * step, middle: (bin + 0.5) * step, floor, place: floor + 1, half: floor + 0.5 };
      return { id: one.id, name: nameOf(one), label: tongue ? one.sign : one.id, value, shown: number(value), chosen: chosen(one), ...square };
    });
  }

  function referenceRows() {
    const value = nationIn(view.year);
    return value === null || value === undefined ? [] : [{ value, label: `${referenceName()} ${number(value)}` }];
  }

  function rowsOf(chart) {
    if (chart === "tiles") return { tiles: tileRows() };
    if (chart === "bars") return { bars: barRows(), reference: referenceRows() };
    if (chart === "dots") return { dots: dotRows(), reference: referenceRows() };
    const rows = lineRows();
    return { lines: rows, ends: lineEnds(rows), marks: markRows() };
  }

  // --- what is shown ---

  const titleOf = (chart) => fill(words[chart], { year: view.year });
  const unit = () => indicator().unit[tongue];

  function summary() {
    const rows = barRows();
    const say = (row) => (row ? `${row.name} ${row.shown}` : words.none);
    const reference = referenceRows()[0];
    return fill(words.alt, { title: indicator().name[tongue], year: view.year, unit: unit(), high: say(rows[0]), low: say(rows[rows.length - 1]), reference: reference ? reference.label : referenceName(), n: rows.length });
  }

  async function draw(chart) {
    const place = document.querySelector(`#${chart} .drawn`);
    const rows = rowsOf(chart);
    if (drawn[chart] && drawn[chart].narrow === narrow()) {
      for (const [name, values] of Object.entries(rows)) drawn[chart].view.data(name, values);
      await drawn[chart].view.resize().runAsync();
    } else {
      if (drawn[chart]) drawn[chart].view.finalize();
      const made = await vegaEmbed(place, { ...fitted(chart), datasets: rows }, { renderer: "svg", actions: false, logLevel: 1 });
      drawn[chart] = { view: made.view, narrow: narrow() };
      made.view.addEventListener("click", (_, item) => { if (item && item.datum && item.datum.id) toggle(item.datum.id); });
    }
    place.setAttribute("aria-label", `${titleOf(chart)}. ${summary()}`);
  }

  // room for names at the right of lines and numbers at the right of bars
  function fitted(chart) {
    const right = chart === "lines" ? (tongue ? 70 : 108) : chart === "bars" ? 58 : 6;
    return chart === "tiles" ? { ...config.specifications[chart], autosize: { type: "fit", contains: "padding" } } : { ...config.specifications[chart], padding: { left: 4, top: 18, right, bottom: 4 }, autosize: { type: "fit-x", contains: "padding" } };
  }

  function element(tag, text, into) {
    const made = document.createElement(tag);
    made.textContent = text;
    if (into) into.append(made);
    return made;
  }

  function about() {
    const one = indicator();
    const list = at("about");
    list.replaceChildren();
    const add = (head, text) => { if (text) { element("dt", head, list); return element("dd", text, list); } return null; };
    add(words.definition, one.definition[tongue]);
    const formula = add(words.formula, one.formula && " ");
    if (formula) { formula.textContent = ""; element("code", one.formula, formula); }
    add(words.weak, one.weak[tongue]);
    add(words.breaks, one.breaks[tongue]);
    const sources = add(words.sources, one.sources.length && " ");
    if (sources) {
      sources.textContent = "";
      one.sources.forEach((id, place) => {
        const link = element("a", `${id} ${data.sources[id][tongue]}`, sources);
        link.href = `pages/codebook${tongue ? ".zh" : ""}.html#source-${id}`;
        if (place < one.sources.length - 1) sources.append(" · ");
      });
    }
    const absent = inTable.filter((two) => inside(two) && valueOf(two, view.year) === null).map(nameOf);
    add(words.missing, absent.length && fill(words.missing_in, { year: view.year, names: absent.join(tongue ? "、" : ", ") }));
    const marks = markRows().map((mark) => `${mark.sign}: ${mark.text}`);
    at("about-lines").textContent = [indicator().reference === "nation" ? words.about_nation : words.about_mean, ...(marks.length ? [words.marks, `${marks.join(tongue ? "；" : "; ")}${tongue ? "。" : "."}`] : [])].join(tongue ? "" : " ");
  }

  function table() {
    const rows = barRows();
    const [first, last] = [indicator().first, view.year];
    const change = last > first;
    const made = at("rows");
    made.replaceChildren();
    element("caption", `${indicator().name[tongue]} (${unit()}), ${view.year}`, made);
    const head = element("tr", "", element("thead", "", made));
    [words.rank, words.province, unit(), ...(change ? [fill(words.change, { year: first })] : [])].forEach((text) => { element("th", text, head).scope = "col"; });
    const body = element("tbody", "", made);
    rows.forEach((row) => {
      const line = element("tr", "", body);
      const before = valueOf(places.get(row.id), first);
      element("td", String(row.rank), line);
      element("th", row.label, line).scope = "row";
      element("td", row.shown, line);
      if (change) element("td", before === null ? words.none : number(row.value - before), line);
    });
  }

  async function show() {
    const one = indicator();
    at("indicator").value = view.indicator;
    Object.assign(at("year"), { min: one.first, max: one.last, value: view.year, disabled: one.first === one.last });
    at("year-shown").textContent = view.year;
    at("group").value = view.group;
    at("compare").querySelectorAll("input").forEach((box) => { box.checked = view.compared.includes(box.value); });
    at("compared").textContent = view.compared.map((id) => nameOf(places.get(id))).join(tongue ? "、" : ", ") || "—";
    const other = document.querySelector("a.switch");
    other.href = other.getAttribute("href").split("#")[0] + address();
    document.querySelectorAll("figure.chart").forEach((figure) => { figure.querySelector(".title").textContent = titleOf(figure.id); });
    about();
    table();
    for (const chart of Object.keys(config.specifications)) await draw(chart);
    document.querySelector(".charts").setAttribute("aria-busy", "false");
  }

  // --- out of the page ---

  function tell(text) {
    at("told").textContent = text;
  }

  async function clip(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = element("textarea", text, document.body);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      if (!done) return tell(words.not_copied);
    }
    return tell(words.copied);
  }

  function wide() {
    const years = data.years.filter((year) => year >= indicator().first && year <= indicator().last);
    const head = [`${indicator().name[tongue]} (${unit()})`, ...years];
    const rows = inTable.filter(inside).map((one) => [nameOf(one), ...years.map((year) => plain(valueOf(one, year)))]);
    return [head, ...rows, [referenceName(), ...years.map((year) => plain(nationIn(year)))]].map((row) => row.join("\t")).join("\n");
  }

  function csv(chart) {
    const rows = Object.values(rowsOf(chart))[0].filter((row) => row.value !== null);
    const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
    const lines = rows.map((row) => [view.indicator, row.id ? nameOf(places.get(row.id)) : row.name, row.year || view.year, row.value, unit()].map((cell) => quoted(String(cell))).join(","));
    return ["indicator,province,year,value,unit", ...lines].join("\n") + "\n";
  }

  function save(name, url) {
    const link = document.createElement("a");
    Object.assign(link, { download: name, href: url });
    document.body.append(link);
    link.click();
    link.remove();
  }

  // lines of a hundred signs, a Chinese one counted twice
  function wrapped(text) {
    const lines = [""];
    let room = 100;
    for (const piece of text.match(/[\u2e80-\uffff]|[^\u2e80-\uffff\s]+\s*|\s+/g) || []) {
      const wide = Array.from(piece).reduce((sum, sign) => sum + (sign > "\u2e80" ? 2 : 1), 0);
      if (wide > room) { lines.push(""); room = 100; }
      lines[lines.length - 1] += piece;
      room -= wide;
    }
    return lines;
  }

  async function download(chart, kind) {
    const name = `${view.indicator}_${chart === "lines" ? "years" : view.year}_${chart}.${kind.toLowerCase()}`;
    if (kind === "CSV") return save(name, URL.createObjectURL(new Blob(["\ufeff" + csv(chart)], { type: "text/csv" })));
    const sources = indicator().sources.map((id) => data.sources[id][tongue]).join("; ") || indicator().formula;
    const marks = chart === "lines" ? markRows().map((mark) => `${mark.sign}: ${mark.text}`) : [];
    const below = [titleOf(chart), ...[fill(words.source, { sources }), ...marks].flatMap(wrapped)];
    const title = { text: `${indicator().name[tongue]} (${unit()})`, subtitle: below };
    const own = { ...fitted(chart), datasets: rowsOf(chart), title, width: 800, background: "white", ...(chart === "tiles" ? { height: 760 } : {}) };
    own.padding = { ...(typeof own.padding === "object" ? own.padding : {}), left: 16, top: 16, bottom: 16, ...(chart === "tiles" ? { right: 16 } : {}) };
    delete own.autosize;
    const made = await vegaEmbed(document.createElement("div"), own, { renderer: kind === "SVG" ? "svg" : "canvas", actions: false, logLevel: 1 });
    const url = await made.view.toImageURL(kind.toLowerCase(), 2);
    made.view.finalize();
    return save(name, url);
  }

  at("indicator").addEventListener("change", (event) => choose({ indicator: event.target.value }));
  at("year").addEventListener("input", (event) => choose({ year: Number(event.target.value) }));
  at("group").addEventListener("change", (event) => choose({ group: event.target.value }));
  at("compare").addEventListener("change", (event) => toggle(event.target.value));
  at("clear").addEventListener("click", () => choose({ compared: [] }));
  at("copy").addEventListener("click", () => clip(wide()));
  at("link").addEventListener("click", () => clip(location.href));
  at("choices").addEventListener("submit", (event) => event.preventDefault());
  document.querySelectorAll(".downloads button").forEach((button) => button.addEventListener("click", () => download(button.dataset.chart, button.dataset.kind)));
  window.addEventListener("hashchange", () => { view = fromAddress(); show(); });
  matchMedia("(max-width: 640px)").addEventListener("change", show);
  view = fromAddress();
  history.replaceState(null, "", address());
  show();
})();
