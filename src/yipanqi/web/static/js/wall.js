// The wall: takes the whole state from /wall/state, then follows /wall/stream (event "state", data = the full state, so a
// lost event costs nothing). On a lost line it says so with the age of the figures and comes back by itself.
// Leaves alone what the figures mean: names, colours and icons come from the page's vocabulary.
(() => {
  "use strict";
  const page = document.getElementById("wall");
  const words = JSON.parse(document.getElementById("vocabulary").textContent);
  const ui = (name) => page.dataset[`word${name}`];
  const chinese = words.lang.startsWith("zh");
  const locale = chinese ? "zh-CN" : "en-GB";
  const zone = document.documentElement.dataset.zone || undefined;
  const whole = new Intl.NumberFormat(locale);
  const ref = (name) => page.querySelector(`[data-ref="${name}"]`);
  let state = null, chart = null, source = null, heardAt = 0, retry = 0;

  // --- small makers -----------------------------------------------------------------------------------------------
  function make(tag, className, text) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  }
  function icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${page.dataset.icons}#${name}`);
    svg.append(use);
    return svg;
  }
  // Minor units to the short form of kernel/money.format_short: 50.0k, 120.0M; in Chinese by ten thousands and hundred millions.
  function short(minor) {
    const major = minor / 100;
    const steps = chinese ? [[1e8, "\u4ebf"], [1e4, "\u4e07"]] : [[1e6, "M"], [1e3, "k"]];
    for (const [size, unit] of steps) if (Math.abs(major) >= size) {
      const value = major / size;
      return [Math.abs(value) >= 1000 ? whole.format(Math.round(value)) : value.toFixed(1), unit];
    }
    return [whole.format(Math.round(major)), ""];
  }
  const clock = (iso) => new Date(iso).toLocaleTimeString("en-GB", { timeZone: zone, hour12: false });
  const named = (group, code) => words[group]?.[code]?.name ?? ui("Unknown");

  function put(name, text) {
    const element = ref(name);
    if (element.textContent === text) return;
    const first = element.dataset.filled === undefined;
    element.textContent = text;
    element.dataset.filled = "1";
    if (first) return;
    element.classList.remove("moved");
    void element.offsetWidth;
    element.classList.add("moved");
  }

  // --- panels -----------------------------------------------------------------------------------------------------
  function figures() {
    for (const name of ["warnings", "waiting", "calls", "dissuaded"]) put(name, whole.format(state.figures[name]));
    const [value, unit] = short(state.figures.saved_minor);
    put("saved", value);
    ref("saved-unit").textContent = unit;
    ref("scope").textContent = state.scope.name;
    page.dataset.busy = state.figures.waiting > 0 ? "1" : "";
  }

  function classes() {
    const rows = state.classes.filter((row) => row.count > 0).sort((a, b) => b.count - a.count || a.code.localeCompare(b.code)).slice(0, 11);
    ref("classes-empty").hidden = rows.length > 0;
    const top = rows[0]?.count || 1;
    ref("classes").replaceChildren(...rows.map((row) => {
      const type = words.fraud_types[row.code] || {};
      const item = make("li", "class-row");
      item.style.setProperty("--type", type.color || "#8a9bb4");
      item.style.setProperty("--ratio", (row.count / top).toFixed(4));
      const name = make("span", "class-name");
      name.append(icon(type.icon || "dots"), make("span", "class-word", type.name || ui("Unknown")));
      const track = make("span", "class-track");
      track.append(make("span", "class-bar"));
      item.append(name, track, make("b", "class-count", whole.format(row.count)));
      return item;
    }));
    ref("classes").dataset.many = rows.length > 6 ? "1" : "";
  }

  function calls() {
    const codes = Object.keys(words.outcomes);
    const counts = codes.map((code) => [code, state.calls.by_outcome[code] || 0]);
    const total = counts.reduce((sum, [, count]) => sum + count, 0);
    ref("outcomes").replaceChildren(...counts.map(([code, count]) => {
      const item = make("li", "outcome-line");
      item.dataset.tone = words.outcomes[code].tone || "neutral";
      item.dataset.outcome = code;
      if (!count) item.dataset.none = "1";
      item.append(make("span", "swatch"), make("span", "grow", words.outcomes[code].name), make("b", "", whole.format(count)));
      return item;
    }));
    ref("outcome-bar").replaceChildren(...counts.filter(([, count]) => count).map(([code, count]) => {
      const part = make("span", "part");
      part.dataset.tone = words.outcomes[code].tone || "neutral";
      part.dataset.outcome = code;
      part.style.flexGrow = count;
      part.title = `${words.outcomes[code].name} ${whole.format(count)}`;
      return part;
    }));
    ref("calls-empty").hidden = total > 0;
    ref("outcome-bar").hidden = total === 0;
    ref("dissuaded-share").textContent = total ? `${Math.round(100 * (state.calls.by_outcome.dissuaded || 0) / total)}%` : "\u2013";
  }

  const gauge = (name, count) => {
    const item = make("li");
    if (!count) item.dataset.none = "1";
    item.append(make("span", "", name), make("b", "", whole.format(count)));
    return item;
  };
  function stops() {
    const { open, stopped, stopped_minor: minor, first } = state.stops;
    put("stopped", whole.format(stopped));
    for (const [name, sum] of [["stopped", minor], ["frozen", state.freezes.frozen_minor], ["returned", state.freezes.returned_minor]]) {
      const [value, unit] = short(sum);
      put(`${name}-sum`, value);
      ref(`${name}-unit`).textContent = unit;
    }
    const all = first.in_time + first.late;
    put("first-share", all ? `${Math.round(100 * first.in_time / all)}%` : "\u2013");
    ref("stop-list").replaceChildren(...Object.entries(words.stop_statuses).map(([code, { name }]) => gauge(name, open[code] || 0)));
    ref("lates").replaceChildren(...Object.entries(words.clocks).map(([code, { name }]) => gauge(name, state.late[code] || 0)));
  }

  function directives() {
    const { total, items } = state.directives;
    ref("directives-empty").hidden = total > 0;
    put("directives-total", whole.format(total));
    lateDirectives();
    const track = ref("directives");
    const told = JSON.stringify(items);
    if (track.dataset.told === told) return;
    track.dataset.told = told;
    const top = items.findIndex((one) => one.id === track.firstElementChild?.dataset.id);  // goes on where it had rolled to
    track.replaceChildren(...[...items.slice(Math.max(0, top)), ...items.slice(0, Math.max(0, top))].map(directive));
    board.refresh();
    fitDirectives();
  }
  // The list is as high as whole rows are: none is cut in two.
  function fitDirectives() {
    const track = ref("directives"), box = track.parentElement, row = track.firstElementChild;
    box.style.flex = box.style.height = "";
    if (!row || track.scrollHeight <= box.clientHeight + 1) return;
    const height = row.getBoundingClientRect().height;
    const rows = Math.max(1, Math.floor((box.clientHeight + 1) / height));
    box.style.flex = "none";
    box.style.height = `${rows * height}px`;
  }
  function lateDirectives() {
    const passed = state.directives.items.filter((one) => one.late || Date.parse(one.due_at) < board.now()).length;
    const late = Math.max(state.directives.late, passed);  // only the most pressing are sent; the clock marks within seconds
    put("directives-late", whole.format(late));
    ref("directives-late-sum").hidden = late === 0;
  }
  function directive(one) {
    const kind = words.directive_kinds[one.kind] || {};
    const item = make("li", "directive");
    item.dataset.id = one.id;
    const name = make("span", "directive-kind");
    name.append(icon(kind.icon || "dots"), make("b", "", kind.name || ui("Unknown")));
    if (one.urgent) name.append(make("span", "directive-urgent", ui("Urgent")));
    const left = make("span", "left");
    left.dataset.dueAt = one.due_at;
    left.dataset.totalSeconds = Math.max(1, (Date.parse(one.due_at) - Date.parse(one.issued_at)) / 1000);
    const bar = make("span", "left-bar");
    bar.append(make("span"));
    left.append(make("span", "left-number"), bar);
    const way = make("span", "directive-way");
    way.append(make("span", "", one.from), icon("arrow-right"), make("b", "", one.unit));
    item.append(name, left, way, make("span", "directive-status", named("directive_statuses", one.status)));
    return item;
  }
  // More directives than fit roll by, one every four seconds; without motion they only change places.
  const ROLL_MS = 4000, GLIDE_MS = 600;
  setInterval(() => {
    const track = ref("directives"), first = track.firstElementChild;
    if (!state || !first || track.scrollHeight <= track.parentElement.clientHeight + 1) return;
    lateDirectives();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const settle = () => { track.style.transition = "none"; track.style.transform = "none"; if (track.firstElementChild === first) track.append(first); };
    if (still) { settle(); return; }
    track.style.transition = `transform ${GLIDE_MS}ms ease-in-out`;
    track.style.transform = `translateY(-${first.getBoundingClientRect().height}px)`;
    setTimeout(settle, GLIDE_MS);
  }, ROLL_MS);

  function ticker() {
    const list = state.ticker.slice(-14).reverse();
    ref("ticker-empty").hidden = list.length > 0;
    const track = ref("ticker");
    const newest = list[0]?.feed_no;
    if (track.dataset.newest === String(newest)) return;
    track.dataset.newest = String(newest);
    track.replaceChildren(...list.map((one) => {
      const item = make("li");
      const type = words.fraud_types[one.fraud_type];
      if (type) item.style.setProperty("--type", type.color);
      const event = one.outcome ? words.outcomes[one.outcome]?.name ?? named("other_outcomes", one.outcome) : named("events", one.event);
      const level = one.level && words.levels[one.level] ? ui("Level").replace("{level}", named("levels", one.level)) : "";
      item.append(make("time", "", clock(one.at)), make("b", "", event));
      if (type) { const chip = make("span", "tick-type"); chip.append(icon(type.icon || "dots"), make("span", "", type.name)); item.append(chip); }
      const asked = one.directive_kind ? named("directive_kinds", one.directive_kind) : "";
      for (const part of [level, asked, one.place]) if (part) item.append(make("span", "", part));
      if (one.amount_minor) item.append(make("span", "tick-money", ui("Money").replace("{amount}", short(one.amount_minor).join(""))));
      return item;
    }));
  }

  // --- the curve: today as a filled line to this hour, yesterday behind it, both named at their ends ----------------
  const css = (name) => getComputedStyle(page).getPropertyValue(name).trim();
  function curve() {
    const box = ref("curve");
    if (!chart) chart = echarts.init(box, null, { renderer: "canvas" });
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const size = Math.max(12, rem * 0.72);
    const hour = Number(new Date(board.now()).toLocaleString("en-GB", { timeZone: zone, hour: "2-digit", hour12: false })) % 24;
    const today = state.cases.today.map((count, at) => (at <= hour ? count : null));
    const text = { color: css("--ink-3"), fontSize: size, fontFamily: css("--font") };
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const peak = Math.max(1, ...state.cases.today, ...state.cases.yesterday);
    // One marked point per line carries its name (a direct label instead of a legend).
    const namedAt = (values, at, name, color, weight, dot) => values.map((value, index) => (index !== at || value === null ? value : {
      value, symbol: "circle", symbolSize: dot, itemStyle: { color },
      label: { show: true, formatter: name, color, fontSize: size, fontWeight: weight, fontFamily: css("--font"), position: "top", distance: rem * 0.35,
        align: at > 20 ? "right" : at < 3 ? "left" : "center" } }));
    const quiet = peak === 1 && !state.cases.today.some(Boolean) && !state.cases.yesterday.some(Boolean);
    const peakAt = state.cases.yesterday.indexOf(Math.max(...state.cases.yesterday));
    const yesterdayAt = Math.abs(peakAt - hour) < 4 ? (hour > 11 ? Math.max(1, hour - 12) : hour + 8) : peakAt;
    chart.setOption({
      animation: !still, animationDuration: 300, animationDurationUpdate: 300,
      grid: { left: rem * 0.4, right: rem * 1.6, top: rem * 2.2, bottom: rem * 0.3, containLabel: true },
      xAxis: { type: "category", boundaryGap: false, data: [...Array(24).keys()],
        axisLabel: { ...text, interval: (at) => at % 4 === 0 || at === 23, formatter: (value) => `${String(value).padStart(2, "0")}:00` },
        axisLine: { lineStyle: { color: css("--line-strong"), width: 1 } }, axisTick: { show: false } },
      yAxis: { type: "value", min: 0, max: Math.max(4, Math.ceil(peak * 1.15)), minInterval: 1, splitNumber: 3, axisLabel: { ...text, showMaxLabel: false },
        splitLine: { lineStyle: { color: css("--line"), width: 1 } } },
      series: [
        { name: ui("Yesterday"), type: "line", symbol: "none", smooth: 0.2, smoothMonotone: "x", z: 1, silent: true,
          data: namedAt(state.cases.yesterday, quiet ? -1 : yesterdayAt, ui("Yesterday"), css("--ink-2"), 400, 1),
          lineStyle: { color: css("--ink-3"), width: Math.max(1.5, rem * 0.08), type: [rem * 0.25, rem * 0.25] } },
        { name: ui("Today"), type: "line", symbol: "none", smooth: 0.2, smoothMonotone: "x", z: 2, silent: true,
          data: namedAt(today, hour, `${ui("Today")} ${whole.format(state.cases.today[hour] || 0)}`, css("--brand-strong"), 700, rem * 0.5),
          lineStyle: { color: css("--brand"), width: Math.max(2.5, rem * 0.17) }, areaStyle: { color: css("--brand"), opacity: 0.16 } },
      ],
    }, { notMerge: true });
    const sum = (values) => values.reduce((all, one) => all + (one || 0), 0);
    ref("cases-today").textContent = whole.format(sum(state.cases.today));
    ref("cases-yesterday").textContent = whole.format(sum(state.cases.yesterday.slice(0, hour + 1)));
  }

  function draw(next) {
    if (state && next.feed_no < state.feed_no) return;
    state = next;
    heardAt = Date.now();
    page.dataset.ready = "1";
    figures(); classes(); calls(); stops(); directives(); ticker(); curve();
  }

  // --- the line ---------------------------------------------------------------------------------------------------
  function live(alive) {
    page.dataset.line = alive ? "live" : "lost";
    age();
  }
  function age() {
    const seconds = heardAt ? Math.max(0, Math.round((Date.now() - heardAt) / 1000)) : 0;
    const lost = page.dataset.line === "lost";
    ref("line-word").textContent = lost ? (heardAt ? ui("ReconnectingAged").replace("{age}", board.span(seconds)) : ui("Reconnecting")) : ui("Live");
  }
  async function fetchState() {
    const response = await fetch(page.dataset.stateUrl, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (!response.ok) throw new Error(String(response.status));
    draw(await response.json());
  }
  function follow() {
    source?.close();
    source = new EventSource(page.dataset.streamUrl);
    source.addEventListener("open", () => { retry = 0; live(true); });
    source.addEventListener("state", (event) => { draw(JSON.parse(event.data)); live(true); });
    source.addEventListener("error", () => {
      live(false);
      // CONNECTING: the browser retries alone. CLOSED: the server refused, so we begin anew.
      if (source.readyState === EventSource.CLOSED) again();
    });
  }
  function again() {
    source?.close();
    retry = Math.min(retry + 1, 6);
    setTimeout(begin, 500 * 2 ** retry);
  }
  async function begin() {
    try { await fetchState(); follow(); } catch { live(false); again(); }
  }
  let healing = false;
  setInterval(() => {
    age();
    if (page.dataset.line === "lost" && !healing && Math.round(Date.now() / 1000) % 5 === 0) {
      healing = true;
      fetchState().catch(() => {}).finally(() => { healing = false; });
    }
  }, 1000);

  let resizing = 0;
  addEventListener("resize", () => { cancelAnimationFrame(resizing); resizing = requestAnimationFrame(() => { chart?.resize(); if (state) { curve(); fitDirectives(); } }); });
  addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "f" && !event.ctrlKey && !event.metaKey) {
      if (document.fullscreenElement) document.exitFullscreen(); else document.documentElement.requestFullscreen?.();
    }
  });
  live(false);
  begin();
})();
