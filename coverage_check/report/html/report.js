"use strict";
/* The list, the filters and the map of a report. Data become text nodes and attributes, never markup. */
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { rows, texts, verdicts } = data;
  const SVG = "http://www.w3.org/2000/svg";
  const PAGE_ROWS = 50, PRINTED_ROWS = 3000, CHOICES = 300, WIDTH = 1000, CLUSTER = 46, CLOSEST = 256;
  const all = rows.row.map((_, n) => n);
  const state = { verdicts: new Set(), today: "", columns: data.columns.map(() => ""), search: "", sort: "call", doubtful: true, chosen: null, page: 0 };
  const view = { x: 0, y: 0, width: WIDTH };
  let shown = all, haystacks = null, printing = false;

  const byId = (id) => document.getElementById(id);
  const language = () => (document.documentElement.lang === "en" ? 1 : 0);
  const say = (pair, values = {}) => pair[language()].replace(/\{(\w+)\}/g, (_, key) => values[key]);
  const word = (key, values) => say(data.words[key], values);
  const number = (value, decimals = 0) =>
    new Intl.NumberFormat(language() ? "en-GB" : "sv-SE", { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(value);
  const doubtful = (n) => rows.verdict[n] !== 0 || rows.today[n] > 0;

  function make(name, attributes = {}, ...children) {
    const svg = ["g", "path", "circle", "text", "title"].includes(name);
    const element = svg ? document.createElementNS(SVG, name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
      else if (value !== null && value !== false) element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  }
  const foreign = (text) => make("bdi", {}, text);

  /* Filters ------------------------------------------------------------------------------------------------------ */

  function haystack(n) {
    haystacks ??= new Array(all.length);
    return (haystacks[n] ??= [rows.reference[n], rows.row[n], texts[rows.address[n]], texts[rows.product[n]], texts[rows.day[n]],
      ...rows.values[n].map((text) => texts[text]), ...rows.reasons[n]].join("\n").toLowerCase());
  }

  function keeps(n) {
    return state.verdicts.has(rows.verdict[n]) && (doubtful(n) || !state.doubtful) && (state.today === "" || rows.today[n] === Number(state.today))
      && state.columns.every((value, column) => value === "" || texts[rows.values[n][column]] === value.slice(1))
      && (state.chosen === null || state.chosen.has(n)) && (state.search === "" || haystack(n).includes(state.search));
  }

  const orders = { call: null, row: (a, b) => rows.row[a] - rows.row[b], money: (a, b) => rows.at_risk[b] - rows.at_risk[a] };

  function choose() {
    shown = all.filter(keeps);
    if (orders[state.sort]) shown.sort(orders[state.sort]);
    state.page = 0;
    const found = word("found", { shown: number(shown.length), all: number(all.length) });
    const chosen = state.chosen ? " · " + word("chosen", { n: number(state.chosen.size) }) : "";
    byId("found").textContent = found + chosen;
    showRows();
    showMarks();
  }

  function labelled(text, control) {
    return make("label", {}, text, control);
  }

  function select(text, value, choices, change) {
    const options = choices.map(([key, name]) => make("option", { value: key, selected: key === value }, name));
    return labelled(text, make("select", { onchange: (event) => { change(event.target.value); choose(); } }, ...options));
  }

  function columnChoices(column) {
    const counts = new Map();
    for (const n of all) counts.set(rows.values[n][column], (counts.get(rows.values[n][column]) || 0) + 1);
    return [...counts.keys()].map((text) => texts[text]).sort((a, b) => a.localeCompare(b));
  }

  function verdictBoxes() {
    return make("fieldset", {}, make("legend", {}, word(data.audit ? "own_day" : "verdict")), ...verdicts.map((verdict, n) =>
      make("label", {}, make("input", { type: "checkbox", checked: state.verdicts.has(n), "data-verdict": n, onchange: (event) => {
        if (event.target.checked) state.verdicts.add(n); else state.verdicts.delete(n);
        choose();
      } }), make("span", { class: "mark " + verdict.key, "aria-hidden": "true" }, verdict.sign), say(verdict.name))));
  }

  function showFilters() {
    const filters = [doubtfulBox(), verdictBoxes()];
    const any = ["", word("any")];
    if (data.audit) {
      filters.push(select(word("today"), state.today, [any, ...verdicts.map((v, n) => [String(n), v.sign + " " + say(v.name)])],
        (value) => { state.today = value; }));
    }
    data.columns.forEach((column, n) => {
      const choices = columnChoices(n);
      if (choices.length < 2 || choices.length > CHOICES) return;
      const names = choices.map((text) => ["=" + text, text || word("none")]);
      filters.push(select(say(column.label), state.columns[n], [any, ...names], (value) => { state.columns[n] = value; }));
    });
    filters.push(select(word("sort"), state.sort, ["call", "row", "money"].map((key) => [key, word("sort_" + key)]),
      (value) => { state.sort = value; }));
    filters.push(labelled(word("search"), make("input", { type: "search", value: state.search, oninput: (event) => {
      state.search = event.target.value.toLowerCase();
      choose();
    } })));
    filters.push(make("button", { type: "button", onclick: clear }, word("clear")));
    byId("filters").replaceChildren(...filters);
  }

  function doubtfulBox() {
    return make("label", { class: "check" }, make("input", { type: "checkbox", id: "only-doubtful", checked: state.doubtful,
      onchange: (event) => { state.doubtful = event.target.checked; choose(); } }), word("only_doubtful"));
  }

  const everyVerdict = () => new Set(verdicts.map((_, n) => n));

  function clear() {
    Object.assign(state, { verdicts: everyVerdict(), today: "", columns: data.columns.map(() => ""), search: "", doubtful: true, chosen: null });
    showFilters();
    choose();
  }

  /* The list ----------------------------------------------------------------------------------------------------- */

  function verdictOf(number_, label) {
    const verdict = verdicts[number_];
    return make("span", { class: "verdict " + verdict.key }, label ? make("span", { class: "day" }, label) : null,
      make("span", { class: "mark " + verdict.key, "aria-hidden": "true" }, verdict.sign), say(verdict.name));
  }

  const pick = (pair) => texts[pair[language()]];

  function told(n) {
    const parts = [], own = data.audit ? word("own_day") + ": " : "";
    const reasons = rows.reasons[n].slice(0, 3).map((code) => say(data.reasons[code])).join(" · ");
    if (own || reasons) parts.push(make("p", { class: "why" }, own, reasons || say(verdicts[rows.verdict[n]].name)));
    const sentence = pick(rows.told[n]), today = pick(rows.told_today[n]);
    if (sentence) parts.push(make("p", {}, foreign(sentence)));
    for (const text of rows.messages[n].slice(0, 3)) parts.push(make("p", {}, foreign(texts[text])));
    const said = measures(n);
    if (said.length) parts.push(make("small", {}, own, ...said));
    if (today) {
      parts.push(make("p", {}, make("strong", {}, word("say_today")), " ", today === sentence ? word("same_today") : foreign(today)));
    }
    const ask = pick(rows.ask[n]);
    if (ask) parts.push(make("p", { class: "ask" }, make("strong", {}, word("ask")), " ", foreign(ask)));
    return parts;
  }

  /* The edge is that of the layer that decided; where that one is too weak, being inside it is no yes. */
  function edge(n) {
    const weak = rows.reasons[n][0] === "BELOW_REQUIRED_LEVEL";
    const key = rows.edge[n] < 0 ? "outside" : weak ? "inside_weak" : "inside";
    return foreign(word(key, { m: number(Math.abs(rows.edge[n])), layer: texts[rows.layer[n]] }));
  }

  function measures(n) {
    const said = [];
    if (rows.probability[n] !== null) said.push(word("probability", { p: number(rows.probability[n], 2) }));
    if (rows.edge[n] !== null) said.push(edge(n));
    if (rows.at_risk[n]) said.push(word("at_risk").toLowerCase() + " " + number(rows.at_risk[n]));
    return said.flatMap((text, place) => (place ? [" · ", text] : [text]));
  }

  function rowOf(n) {
    const verdict = data.audit
      ? [verdictOf(rows.verdict[n], word("own_day")), verdictOf(rows.today[n], word("today"))]
      : [verdictOf(rows.verdict[n])];
    const who = [make("strong", {}, rows.reference[n] ? foreign(rows.reference[n]) : word("row", { n: rows.row[n] }))];
    for (const text of [texts[rows.product[n]], texts[rows.address[n]], texts[rows.day[n]]]) {
      if (text) who.push(make("small", {}, foreign(text)));
    }
    return make("tr", { role: "row" }, make("td", { role: "cell" }, ...verdict), make("th", { scope: "row", role: "rowheader" }, ...who),
      make("td", { role: "cell" }, ...told(n)));
  }

  function showRows() {
    const size = printing ? PRINTED_ROWS : PAGE_ROWS;
    const from = printing ? 0 : state.page * size, some = shown.slice(from, from + size);
    if (!some.length) {
      byId("rows").replaceChildren(make("p", {}, word("nothing")));
      return;
    }
    const head = ["verdict", "order", "told"].map((key) => make("th", { scope: "col", role: "columnheader" }, word(key)));
    const columns = make("colgroup", {}, make("col", { class: "is" }), make("col", { class: "who" }), make("col"));
    const table = make("table", { "aria-labelledby": "list", role: "table" }, columns,
      make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...head)), make("tbody", { role: "rowgroup" }, ...some.map(rowOf)));
    const turn = (by) => () => {
      state.page += by;
      showRows();
      byId("list").scrollIntoView();
      byId("list").focus({ preventScroll: true });
    };
    const pages = make("nav", { class: "pages", "aria-labelledby": "list" },
      make("button", { type: "button", disabled: from === 0, onclick: turn(-1) }, word("previous")),
      make("span", {}, word("page", { from: number(from + 1), to: number(from + some.length), of: number(shown.length) })),
      make("button", { type: "button", disabled: from + size >= shown.length, onclick: turn(1) }, word("next")));
    byId("rows").replaceChildren(table, pages);
  }

  /* The map ------------------------------------------------------------------------------------------------------ */

  const ground = byId("ground");

  function clusters() {
    const cell = (CLUSTER * view.width) / WIDTH, cells = new Map();
    for (const n of shown) {
      if (rows.x[n] === null) continue;
      const key = Math.floor(rows.x[n] / cell) + "/" + Math.floor(rows.y[n] / cell);
      if (!cells.has(key)) cells.set(key, []);
      cells.get(key).push(n);
    }
    const kept = [];
    for (const members of [...cells.values()].sort((a, b) => b.length - a.length)) {
      const place = centre(members);
      const near = kept.find((other) => Math.hypot(other.place.x - place.x, other.place.y - place.y) < 0.8 * cell);
      if (near) near.members.push(...members); else kept.push({ place, members });
    }
    return kept;
  }

  function centre(members) {
    const mean = (of) => members.reduce((sum, n) => sum + of[n], 0) / members.length;
    return { x: mean(rows.x), y: mean(rows.y) };
  }

  function counted(members) {
    const counts = verdicts.map(() => 0);
    for (const n of members) counts[rows.verdict[n]] += 1;
    return counts;
  }

  function slice(from, to, radius) {
    const point = (turn) => radius * Math.sin(2 * Math.PI * turn) + "," + -radius * Math.cos(2 * Math.PI * turn);
    const end = to - from > 0.9999 ? from + 0.9999 : to;
    return `M0,0L${point(from)}A${radius},${radius} 0 ${end - from > 0.5 ? 1 : 0} 1 ${point(end)}Z`;
  }

  function mark({ place, members }) {
    const unit = view.width / WIDTH, counts = counted(members), one = members.length === 1;
    const radius = (one ? 11 : Math.min(12 + 2 * Math.log2(members.length), 24)) * unit;
    const label = counts.map((count, n) => (count ? number(count) + " " + say(verdicts[n].name) : "")).filter(Boolean).join(", ");
    const parts = [make("title", {}, label)];
    if (one) parts.push(make("circle", { r: radius }));
    else {
      let from = 0;
      counts.forEach((count, n) => {
        if (count) parts.push(make("path", { class: verdicts[n].key, d: slice(from, from + count / members.length, radius) }));
        from += count / members.length;
      });
      parts.push(make("circle", { r: radius * 0.68 }));
    }
    parts.push(make("text", { "font-size": (one ? 13 : 14) * unit }, one ? verdicts[rows.verdict[members[0]]].sign : number(members.length)));
    const kind = one ? " one " + verdicts[rows.verdict[members[0]]].key : "";
    const act = () => { state.chosen = new Set(members); zoomTo(members); choose(); byId("found").focus(); };
    return make("g", { class: "cluster" + kind, transform: `translate(${place.x} ${place.y})`, role: "button", tabindex: "0", "aria-label": label,
      onclick: act, onkeydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); act(); } } }, ...parts);
  }

  function zoomTo(members) {
    const xs = members.map((n) => rows.x[n]), ys = members.map((n) => rows.y[n]);
    const least = WIDTH / CLOSEST;
    const low = { x: Math.min(...xs), y: Math.min(...ys) }, high = { x: Math.max(...xs), y: Math.max(...ys) };
    const width = Math.max((high.x - low.x) * 1.6, ((high.y - low.y) * 1.6 * WIDTH) / data.height, least);
    if (width < view.width) look((low.x + high.x) / 2, (low.y + high.y) / 2, width);
  }

  function look(x, y, width) {
    view.width = Math.min(Math.max(width, WIDTH / CLOSEST), WIDTH);
    const height = (view.width * data.height) / WIDTH;
    view.x = Math.min(Math.max(x - view.width / 2, 0), WIDTH - view.width);
    view.y = Math.min(Math.max(y - height / 2, 0), data.height - height);
    ground.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${height}`);
  }

  function middle() {
    return [view.x + view.width / 2, view.y + (view.width * data.height) / WIDTH / 2];
  }

  function showMarks() {
    if (!ground) return;
    byId("marks").replaceChildren(...clusters().map(mark));
    const unit = view.width / WIDTH, metres = (data.metres_per_px * view.width) / 4;
    const round = [1, 2, 5].map((n) => n * 10 ** Math.floor(Math.log10(metres))).filter((n) => n <= metres).pop();
    const length = round / data.metres_per_px, y = view.y + (view.width * data.height) / WIDTH - 14 * unit, x = view.x + 14 * unit;
    byId("scale").replaceChildren(make("path", { d: `M${x},${y - 6 * unit}v${6 * unit}h${length}v${-6 * unit}`, "stroke-width": 2 * unit }),
      make("text", { x: x + 4 * unit, y: y - 5 * unit, "font-size": 14 * unit }, word("scale", { n: number(round / 1000, round < 1000 ? 2 : 0) })));
  }

  function prepareMap() {
    if (!ground) return;
    const zoom = (by) => () => { look(...middle(), view.width * by); showMarks(); };
    byId("zoom-in").addEventListener("click", zoom(0.5));
    byId("zoom-out").addEventListener("click", zoom(2));
    byId("zoom-all").addEventListener("click", () => { look(0, 0, WIDTH); state.chosen = null; choose(); });
    for (const box of document.querySelectorAll("[data-shows]")) {
      box.addEventListener("change", () => {
        const layer = document.querySelector(`[data-layer="${box.dataset.shows}"]`);
        if (box.checked) layer.removeAttribute("hidden"); else layer.setAttribute("hidden", "");
      });
    }
    let drag = null;
    ground.addEventListener("pointerdown", (event) => { drag = { x: event.clientX, y: event.clientY, from: middle() }; });
    ground.addEventListener("pointermove", (event) => {
      if (!drag || !event.buttons) return;
      const unit = 1 / ground.getScreenCTM().a;
      look(drag.from[0] - (event.clientX - drag.x) * unit, drag.from[1] - (event.clientY - drag.y) * unit, view.width);
    });
    ground.addEventListener("pointerup", () => { drag = null; showMarks(); });
  }

  /* Language, print, start --------------------------------------------------------------------------------------- */

  function showLanguage(code) {
    document.documentElement.lang = code;
    for (const button of document.querySelectorAll("[data-language]")) {
      button.setAttribute("aria-pressed", String(button.dataset.language === code));
    }
    showFilters();
    const page = state.page;
    choose();
    state.page = page;
    showRows();
  }

  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => showLanguage(button.dataset.language));
  }
  addEventListener("beforeprint", () => { printing = true; showRows(); });
  addEventListener("afterprint", () => { printing = false; showRows(); });
  state.verdicts = everyVerdict();
  prepareMap();
  showLanguage(document.documentElement.lang);
})();
