"use strict";
/* The salesperson's page: one question at a time, and the newest answer wins. Texts are set as text, never as markup. */
(() => {
  const root = document.documentElement;
  const one = (id) => document.getElementById(id);
  let language = "sv", decision = null, swedish = [], turn = 0, products = [], question = null;

  const say = (name) => WORDS[language][name] ?? name;
  const percent = (share) => new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }).format(share);
  const metres = (m) => m >= 1000
    ? `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(m / 1000)} km`
    : `${new Intl.NumberFormat(language, { maximumFractionDigits: 0 }).format(m)} m`;

  function element(kind, text, attributes = {}) {
    const made = document.createElement(kind);
    if (text !== undefined) made.textContent = text;
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    return made;
  }

  /* A choice: what it is called, what is said of it below, and its sign. */
  function button([name, more], act, sign) {
    const item = element("li"), made = element("button", undefined, { type: "button" }), text = element("span");
    text.append(element("b", name));
    if (more) text.append(element("span", more, { class: "quiet" }));
    made.append(element("span", sign, { class: "sign", "aria-hidden": "true" }), text);
    made.addEventListener("click", act);
    item.append(made);
    return item;
  }

  class Fault extends Error {}

  async function ask(path, body) {
    const headers = { "Content-Type": "application/json" };
    if (one("key").value) headers.Authorization = `Bearer ${one("key").value}`;
    let answer;
    try {
      answer = await fetch(path, body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) });
    } catch {
      throw new Fault(say("network_fault"));
    }
    if (answer.ok) return answer;
    if (answer.status === 401) throw new Fault(say("key_fault"));
    const problem = await answer.json().catch(() => ({}));
    throw new Fault(problem.detail || say("network_fault"));
  }
  const post = async (path, body) => (await ask(path, body)).json();

  /* --- language ------------------------------------------------------------------------------------------------- */

  function speak(chosen) {
    language = chosen;
    root.lang = chosen;
    document.title = say("title");
    document.querySelectorAll("[data-say]").forEach((item) => { item.textContent = say(item.dataset.say); });
    document.querySelectorAll("[data-label]").forEach((item) => item.setAttribute("aria-label", say(item.dataset.label)));
    one("language").textContent = say("other_language");
    one("language").lang = chosen === "sv" ? "en" : "sv";
    Ground.speak(say);
    if (decision) show(decision);
  }
  one("language").addEventListener("click", () => speak(language === "sv" ? "en" : "sv"));

  /* --- suggestions while typing ------------------------------------------------------------------------------------ */

  const box = one("address"), list = one("suggestions");
  let waiting = 0, chosen = -1;

  function close() {
    list.hidden = true;
    list.replaceChildren();
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
    chosen = -1;
  }

  function choose(n) {
    const options = [...list.children];
    chosen = options.length ? (n + options.length) % options.length : -1;
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
    if (chosen >= 0) {
      box.setAttribute("aria-activedescendant", options[chosen].id);
      options[chosen].scrollIntoView({ block: "nearest" });
    }
  }

  function take(text) {
    box.value = text;
    close();
    box.focus();
  }

  box.addEventListener("input", () => {
    clearTimeout(waiting);
    one("address-fault").textContent = "";
    const typed = box.value;
    if (typed.trim().length < 2) { close(); return; }
    waiting = setTimeout(async () => {
      const found = await post("/v1/suggest", { text: typed.slice(0, 200) }).catch(() => ({ suggestions: [] }));
      if (box.value !== typed || document.activeElement !== box) return;
      close();
      found.suggestions.forEach((text, n) => {
        const option = element("span", text, { role: "option", id: `suggestion-${n}`, "aria-selected": "false" });
        option.addEventListener("mousedown", (event) => { event.preventDefault(); take(text); });
        list.append(option);
      });
      list.hidden = !found.suggestions.length;
      box.setAttribute("aria-expanded", String(!list.hidden));
    }, 120);
  });
  box.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") { event.preventDefault(); choose(chosen + 1); }
    if (event.key === "ArrowUp") { event.preventDefault(); choose(chosen < 0 ? -1 : chosen - 1); }
    if (event.key === "Escape") { event.preventDefault(); close(); }
    if (event.key === "Enter" && chosen >= 0) { event.preventDefault(); take(list.children[chosen].textContent); }
  });
  box.addEventListener("blur", close);

  /* --- asking ------------------------------------------------------------------------------------------------------- */

  one("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    close();
    check({ address: box.value.trim() });
  });

  async function check(place, product = one("product").value) {
    const mine = ++turn;
    clearTimeout(waiting);
    const body = { product, ...place };
    if (one("place").value) body.at = one("place").value;
    if (one("receiver").value) body.receiver = one("receiver").value;
    if (one("on").value) body.on = one("on").value;
    one("address-fault").textContent = "";
    one("answer").setAttribute("aria-busy", "true");
    try {
      if (!products.length) await load();
      body.product = body.product || one("product").value;
      const answer = await post("/v1/check", body);
      const said = await inSwedish(answer);
      if (mine !== turn) return;
      swedish = said;
      question = place;
      one("product").value = body.product;
      if (!place.address) box.value = answer.address.given;
      remember(answer);
      show(answer);
      one("answer").focus({ preventScroll: true });
      if (matchMedia("(max-width: 50rem)").matches) one("answer").scrollIntoView();
    } catch (fault) {
      if (mine === turn) refuse(fault);
    } finally {
      if (mine === turn) one("answer").removeAttribute("aria-busy");
    }
  }

  /* A decision records its reasons in English. */
  async function inSwedish(answer) {
    const reasons = answer.reasons.map(({ code, message }) => ({ code, message }));
    return (await post("/v1/reasons", { reasons }).catch(() => ({ sv: [] }))).sv;
  }

  /* An older answer must not stand beside a question that failed. */
  function refuse(fault) {
    if (!(fault instanceof Fault)) throw fault;
    decision = null;
    one("details").hidden = one("ground").hidden = true;
    one("answer").removeAttribute("data-verdict");
    one("verdict").replaceChildren(element("span", fault.message));
    one("understood").textContent = one("as-of").textContent = "";
    one("address-fault").textContent = fault.message;
  }

  /* --- the answer ---------------------------------------------------------------------------------------------------- */

  function show(answer) {
    decision = answer;
    one("understood").textContent = understood(answer);
    one("as-of").textContent = answer.as_of === today() ? "" : `${say("valid_on")} ${longDate(answer.as_of)}`;
    one("answer").dataset.verdict = answer.verdict;
    one("verdict").replaceChildren(
      element("span", SIGNS[answer.verdict], { class: "sign", "aria-hidden": "true" }),
      element("span", `${say(answer.verdict)}: ${answer.product.name}`));
    one("ways").hidden = true;
    one("details").hidden = false;
    one("sentence").textContent = answer.sentence[language];
    one("facts").replaceChildren(...facts(answer));
    one("reasons").replaceChildren(...answer.reasons.map((reason, n) => {
      const item = element("li", language === "sv" ? swedish[n] ?? reason.message : reason.message);
      item.dataset.code = reason.code;
      return item;
    }));
    one("questions").replaceChildren(...answer.ask_next.map((next) => element("li", next[language])));
    one("next").hidden = !answer.ask_next.length;
    showOthers(answer);
    const promised = answer.verdict === "deliverable" || answer.verdict === "conditional";
    one("copy").disabled = !promised;
    one("copied").textContent = promised ? "" : say("promise_nothing");
    showEvidence(answer);
    showMap(answer);
  }

  /* What was taken for the address, where that is not what was typed. */
  function understood(answer) {
    const place = answer.location;
    if (!place || !place.candidates.length || place.match === "exact") return "";
    const several = place.match === "ambiguous" && place.candidates.length > 1; // they are shown to choose from
    return several ? "" : `${say("understood")}: ${place.candidates[0].label}`;
  }

  const today = () => {
    const now = new Date();
    return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
  };
  const longDate = (day) => new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { dateStyle: "long", timeZone: "UTC" }).format(new Date(day));

  /* How sure: the probability, how well the place is known, and how far off it would have to be for another answer. */
  function facts(answer) {
    const listed = [];
    const told = sure(answer);
    if (told === null) {
      listed.push(fact(say("sure"), say("unknown"), element("span", say("nothing_known"))));
    } else {
      const bar = element("meter", told, { min: 0, max: 1, "aria-label": say("sure") });
      bar.value = answer.probability;
      listed.push(fact(say("sure"), told, bar));
    }
    if (answer.location) listed.push(fact(say("radius"), metres(answer.location.cep95_m), element("span", say("of_hundred"))));
    if (answer.flips) {
      listed.push(fact(say("or_moved"), metres(answer.flips.if_moved_m), element("span", `${say("then")}: ${say(answer.flips.to)}`)));
    }
    return listed;
  }

  /* No data is never no coverage: where no layer speaks of a part of where it may be, the probability is the least that it can
     be, and where none speaks at all, there is none to show. */
  function sure(answer) {
    if (answer.verdict !== "undetermined") return percent(answer.probability);
    const dark = answer.reasons.some((reason) => UNKNOWN.includes(reason.code));
    if (!answer.location || (dark && answer.probability < 0.005)) return null;
    return dark ? `${say("at_least")} ${percent(answer.probability)}` : percent(answer.probability);
  }

  function fact(name, value, more) {
    const made = element("div"), told = element("dd");
    told.append(element("strong", value), more);
    made.append(element("dt", name), told);
    return made;
  }

  function showOthers(answer) {
    const candidates = answer.location && answer.location.candidates.length > 1 ? answer.location.candidates : [];
    one("which").hidden = !candidates.length;
    one("candidates").replaceChildren(...candidates.map((candidate, n) => button([candidate.label], () => pick(candidate), n + 1)));
    one("alternatives").replaceChildren(...answer.alternatives.map((offer) => button(offerText(offer), () => accept(offer), SIGNS[offer.verdict])));
    one("instead").hidden = !answer.alternatives.length;
  }

  function nameOf(code) {
    const product = products.find((known) => known.code === code);
    return product ? product.name : code;
  }

  function offerText(offer) {
    const parts = [nameOf(offer.product), say(offer.verdict)];
    if (offer.condition) parts.push(say(offer.condition === "outdoor_antenna" ? "outdoor_antenna_only" : "outdoors_only"));
    if (offer.from) parts.push(`${say("from")} ${offer.from}`);
    if (offer.lat !== null && offer.lat !== undefined) parts.push(`${say("spot")} (${offer.lat.toFixed(5)}, ${offer.lon.toFixed(5)})`);
    parts.push(`${say("probability")} ${percent(offer.probability)}`);
    return [parts[0], parts.slice(1).join(", ")];
  }

  /* An offer under a condition, or from a day, or at a spot, is asked about as it is meant. */
  function accept(offer) {
    if (offer.condition === "outdoor_antenna") one("receiver").value = "outdoor_antenna";
    if (offer.condition === "outdoors_only") one("place").value = "outdoors";
    const place = offer.lat !== null && offer.lat !== undefined ? { lat: offer.lat, lon: offer.lon, cep95_m: 15 } : { ...question };
    if (offer.from) one("on").value = offer.from;
    check(place, offer.product);
  }

  /* A register finds its own labels again; elsewhere the candidate's position is what is known of it. */
  function pick(candidate) {
    box.value = candidate.label;
    const named = decision.location.source.startsWith("register:");
    const near = { lat: candidate.lat, lon: candidate.lon, cep95_m: Math.max(15, decision.location.cep95_m) };
    check(named ? { address: candidate.label } : near);
  }

  function showEvidence(answer) {
    one("layers").hidden = !answer.evidence.length;
    one("evidence").replaceChildren(...answer.evidence.map((layer) => {
      const row = element("tr");
      const edge = layer.edge_distance_m === null ? "" :
        `${metres(Math.abs(layer.edge_distance_m))} ${say(layer.edge_distance_m >= 0 ? "inside" : "outside")}`;
      row.append(element("th", layer.layer, { scope: "row" }), element("td", say(layer.status)), element("td", edge), element("td", layer.published));
      return row;
    }));
    const from = answer.provenance;
    one("provenance").textContent = `${say("snapshot")} ${from.snapshot.slice(0, 12)} · ${say("register")} ${from.register || "–"} · ${answer.id.slice(0, 12)}`;
    one("attribution").textContent = answer.location ? answer.location.attribution : "";
  }

  async function showMap(answer) {
    one("ground").hidden = !answer.location;
    const found = await Ground.show(answer, say, post, pick).catch(() => Ground.NOTHING);
    if (found === null) return;
    const { layers, dark } = found; // as on the map, where the levels lie one upon the other
    const lines = layers.map((layer, n) => legend(layers.slice(0, n + 1).map((below) => ({ class: `claim ${below.level}` })),
      `${layer.technology}, ${say(layer.level)}`));
    if (dark) lines.push(legend([{ class: "no-data", fill: "url(#hatch)" }], say("beyond_map")));
    one("legend").replaceChildren(...lines);
    root.dataset.drawn = answer.id;
  }

  function legend(swatches, text) {
    const item = element("li"), svg = (kind) => document.createElementNS("http://www.w3.org/2000/svg", kind), box = svg("svg");
    box.setAttribute("aria-hidden", "true");
    swatches.forEach((drawn) => {
      const swatch = svg("rect");
      Object.entries({ x: 1, y: 1, width: 30, height: 14, ...drawn }).forEach(([name, value]) => swatch.setAttribute(name, value));
      box.append(swatch);
    });
    item.append(box, text);
    return item;
  }

  one("copy").addEventListener("click", async () => {
    try {
      const text = await (await ask("/v1/confirmation", { decision, language })).text();
      await navigator.clipboard.writeText(text);
      one("copied").textContent = say("copied");
    } catch (fault) {
      one("copied").textContent = fault instanceof Fault ? fault.message : say("select");
    }
  });

  /* --- the day's answers, only where the service and the salesperson allow it ------------------------------------------- */

  const KEPT = "coverage-check-day", CHOSEN = ["place", "receiver", "on"];
  const allowed = root.dataset.history === "true";

  function kept() {
    try {
      const day = JSON.parse(localStorage.getItem(KEPT) || "null");
      if (day && day.date === new Date().toDateString()) return day.items;
    } catch { /* not ours */ }
    if (allowed) localStorage.removeItem(KEPT);
    return [];
  }

  function remember(answer) {
    if (!allowed || !one("keep").checked) return;
    const chosen = Object.fromEntries(CHOSEN.map((name) => [name, one(name).value]));
    const item = { label: answer.address.given, product: answer.product.code, verdict: answer.verdict, place: question, chosen };
    const items = [item, ...kept()].slice(0, 50);
    localStorage.setItem(KEPT, JSON.stringify({ date: new Date().toDateString(), items }));
    listDay();
  }

  function listDay() {
    one("history").replaceChildren(...kept().map((item) => button([item.label, nameOf(item.product)], () => {
      box.value = item.label;
      CHOSEN.forEach((name) => { one(name).value = item.chosen[name]; });
      check(item.place, item.product);
    }, SIGNS[item.verdict] ?? "?")));
  }

  one("keep").addEventListener("change", () => {
    if (!one("keep").checked) localStorage.removeItem(KEPT);
    listDay();
  });

  /* --- begin ------------------------------------------------------------------------------------------------------------ */

  async function load() {
    products = (await (await ask("/v1/products")).json()).products;
    one("product").replaceChildren(...products.map((product) => element("option", product.name, { value: product.code })));
    listDay();
  }

  one("key-row").hidden = root.dataset.key !== "true";
  one("key").addEventListener("change", () => load().then(() => { one("address-fault").textContent = ""; }, refuse));
  one("pin").addEventListener("click", () => Ground.middle());
  Ground.open(one("map"), (latlng, error) => check({ lat: +latlng.lat.toFixed(6), lon: +latlng.lng.toFixed(6), cep95_m: error }));
  Ground.speak(say);
  if (allowed) { one("day").hidden = false; one("keep").checked = kept().length > 0; }
  if (root.dataset.key !== "true") load().catch(refuse);
})();
