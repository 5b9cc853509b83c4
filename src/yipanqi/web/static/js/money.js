// The money page: draws the river (laid by river.js) on cytoscape's canvas, keeps graph, table and panel on one account, and
// sends what is worked in it. The server says what there is and in which words; here nothing is decided. Keys: J and K walk the
// table, the rest press the visible buttons that carry them (keys.js).
(() => {
  "use strict";
  const MANY = 250; // from so many accounts on, streams and labels rest while the view moves
  const READABLE = 0.45; // below this zoom the labels of cards are left out
  const STORE = "money-places", KEPT = 40; // where cards were put, for the cases worked in last
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const box = () => document.getElementById("money-graph");
  const page = () => document.getElementById("money");
  const rows = () => [...document.querySelectorAll("#money-accounts [data-account]")];
  let cy = null, graph = null, laid = null, chosen = "", alone = true, mark = "", sorted = null, told = "", asked = 0;
  const aboutUrl = (id) => `${page().dataset.accountUrl}?account=${encodeURIComponent(id)}`;
  const near = new Map(); // account -> what was opened around it

  const places = {
    all() { try { return JSON.parse(localStorage.getItem(STORE) || "{}"); } catch { return {}; } },
    of() { return this.all()[page().dataset.case] || {}; },
    put(id, at) {
      const all = this.all(), mine = all[page().dataset.case] || {};
      if (at) mine[id] = at; else delete mine[id];
      delete all[page().dataset.case];
      for (const old of Object.keys(all).slice(0, -KEPT)) delete all[old];
      all[page().dataset.case] = mine;
      try { localStorage.setItem(STORE, JSON.stringify(all)); } catch { /* private window: holds for this page */ }
    },
  };

  // --- looks ------------------------------------------------------------------------------------------------------
  const LOOKS = {
    victim: ["--surface", "--slate-900", "--slate-900"], held: ["--brand-soft", "--brand", "--slate-900"],
    stopped: ["--safe-soft", "--safe", "--slate-900"], moved: ["--slate-100", "--slate-300", "--slate-700"],
    out: ["--slate-700", "--slate-900", "--on-brand"], other: ["--surface", "--slate-300", "--slate-600"],
  };
  const STREAMS = { held: "--brand", stopped: "--safe", moved: "--slate-400", out: "--slate-700", other: "--slate-300" };

  function looks() {
    const font = token("--font").replace(/\s+/g, " ");
    const states = Object.entries(LOOKS).map(([state, [fill, line, ink]]) => ({
      selector: `node.${state}`, style: { "background-color": token(fill), "border-color": token(line), color: token(ink) },
    }));
    const streams = Object.entries(STREAMS).map(([state, ink]) => ({
      selector: `edge.${state}`, style: { "line-color": token(ink), "target-arrow-color": token(ink) },
    }));
    return [
      { selector: "node", style: {
        shape: "round-rectangle", "corner-radius": 8, width: "data(width)", height: "data(height)", label: "data(label)",
        "font-family": font, "font-size": 16, "line-height": 1.3, "text-wrap": "wrap", "text-valign": "center", "text-halign": "center",
        "min-zoomed-font-size": 7, "border-width": 1.5, "overlay-opacity": 0 } },
      ...states, ...streams,
      { selector: "node[share]", style: {
        "background-fill": "linear-gradient", "background-gradient-direction": "to-right",
        "background-gradient-stop-colors": `${token("--brand-line")} ${token("--brand-line")} ${token("--surface")} ${token("--surface")}`,
        "background-gradient-stop-positions": (node) => [0, node.data("share"), node.data("share"), 100] } },
      { selector: "node.victim", style: { "border-width": 2.5 } },
      { selector: "node.out, node.other", style: { "border-style": "dashed" } },
      { selector: "node.urgent", style: { "border-width": 4, "border-color": token("--brand-strong") } },
      { selector: "node.head", style: {
        shape: "rectangle", "background-opacity": 0, "border-width": 0, width: 10, height: 20, color: token("--slate-600"), "font-size": 17,
        "font-weight": 600, events: "no", "min-zoomed-font-size": 5 } },
      { selector: "edge", style: {
        width: "data(width)", "curve-style": "unbundled-bezier", "edge-distances": "endpoints", opacity: 0.42,
        "control-point-weights": "data(weights)", "control-point-distances": "data(distances)",
        "source-endpoint": "data(from)", "target-endpoint": "data(to)", "overlay-opacity": 0 } },
      { selector: "edge.back", style: { "line-style": "dashed", "target-arrow-shape": "triangle", "arrow-scale": 0.8 } },
      { selector: "edge.dim", style: { opacity: 0.16 } },
      { selector: "node.dim", style: { opacity: 0.55 } },
      { selector: "edge.lit", style: { opacity: 0.75 } },
      { selector: "node.chosen", style: { "border-width": 4, "border-color": token("--slate-900"), "border-style": "solid" } },
    ];
  }

  // --- drawing ----------------------------------------------------------------------------------------------------
  function whole() {
    const nodes = new Map(graph.nodes.map((node) => [node.id, node])), edges = new Map(graph.edges.map((edge) => [edge.id, edge]));
    for (const around of near.values()) {
      for (const node of around.nodes) if (!nodes.has(node.id)) nodes.set(node.id, node);
      for (const edge of around.edges) if (!edges.has(edge.id)) edges.set(edge.id, edge);
    }
    const kept = [...edges.values()].filter((edge) => nodes.has(edge.source) && nodes.has(edge.target) && edge.source !== edge.target);
    return { nodes: [...nodes.values()], edges: kept };
  }

  // How a stream lies between two cards, from where it leaves to where it enters.
  function curve(end, from, to) {
    const half = river.CARD.width / 2;
    return { ...river.bend(from.x + half, from.y + end.from, to.x - half, to.y + end.to),
      from: `${half}px ${end.from.toFixed(1)}px`, to: `${-half}px ${end.to.toFixed(1)}px` };
  }

  // A card was moved: its streams, and those that share a card with them, are moored anew.
  function moor(node) {
    const touched = node.closedNeighborhood().connectedEdges(), ids = new Set(touched.map((edge) => edge.id()));
    const ends = river.moorings(laid.edges.filter((edge) => ids.has(edge.id)), laid.breadth, (id) => cy.getElementById(id).position());
    cy.batch(() => node.connectedEdges().forEach((edge) => {
      const from = edge.source().position(), to = edge.target().position();
      edge.data(curve(ends.get(edge.id()), from, to));
      edge.toggleClass("back", to.x <= from.x);
    }));
  }

  function draw({ keep = false } = {}) {
    const all = whole(), kept = places.of();
    laid = { ...river.lay(all.nodes, all.edges, box().clientWidth / box().clientHeight), edges: all.edges };
    const many = all.nodes.length > MANY, elements = [];
    const spots = new Map(all.nodes.map((node) => [node.id, kept[node.id] || laid.places.get(node.id)]));
    const ends = river.moorings(all.edges, laid.breadth, (id) => spots.get(id));
    for (const node of all.nodes) {
      const place = laid.places.get(node.id), { x, y } = spots.get(node.id);
      const share = node.state === "held" && node.share < 100 ? { share: node.share } : {};
      elements.push({
        group: "nodes", classes: `${node.state}${node.urgent ? " urgent" : ""}`, position: { x, y },
        data: { id: node.id, label: `${node.pinned ? "\u25aa " : ""}${node.name}\n${node.sum}`, width: place.width, height: place.height, ...share },
      });
    }
    for (const head of laid.heads) elements.push({
      group: "nodes", classes: "head", position: { x: head.x, y: head.y }, selectable: false, grabbable: false,
      data: { id: `level-${head.level}`, label: `${graph.levels[head.level] || ""} \u00b7 ${head.count}`, width: 10, height: 20 },
    });
    for (const edge of all.edges) {
      const from = spots.get(edge.source), to = spots.get(edge.target);
      elements.push({
        group: "edges", classes: `${edge.state}${to.x <= from.x ? " back" : ""}`, selectable: false,
        data: { id: edge.id, source: edge.source, target: edge.target, width: laid.breadth.get(edge.id), ...curve(ends.get(edge.id), from, to) },
      });
    }
    const view = keep && cy ? { zoom: cy.zoom(), pan: { ...cy.pan() } } : null;
    cy?.destroy();
    const coarse = matchMedia("(pointer: coarse)").matches;
    cy = cytoscape({
      container: box(), elements, style: looks(), layout: { name: "preset" }, minZoom: 0.04, maxZoom: 2.5, boxSelectionEnabled: false,
      selectionType: "single", hideEdgesOnViewport: many, textureOnViewport: many, userZoomingEnabled: coarse,
    });
    if (view) cy.viewport(view); else fit();
    cy.on("tap", "node", (event) => choose(event.target.id(), { from: "graph" }));
    cy.on("tap", "edge", (event) => flow(event.target));
    cy.on("tap", (event) => { if (event.target === cy) light(""); });
    cy.on("drag", "node", (event) => moor(event.target));
    cy.on("free", "node", (event) => {
      const node = graph.nodes.find((one) => one.id === event.target.id());
      if (node) places.put(node.id, event.target.position());
    });
    cy.on("mouseover", "node, edge", tip);
    cy.on("mouseout viewport drag", () => { document.getElementById("money-tip").hidden = true; });
    if (chosen && cy.getElementById(chosen).length) light(chosen, alone);
  }

  function fit() {
    cy.fit(cy.elements(), 24);
    if (cy.zoom() > 1) { cy.zoom(1); cy.center(cy.elements()); }
  }

  // From a view too far to read, go so near that the way to an account can be read, or at least the account itself.
  function nearTo(one) {
    cy.fit(one.predecessors().union(one), 40);
    if (cy.zoom() < READABLE || cy.zoom() > 1) { cy.zoom(cy.zoom() > 1 ? 1 : 0.7); cy.center(one); }
  }

  function zoom(by) {
    cy.zoom({ level: cy.zoom() * by, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } });
  }

  function tip(event) {
    const one = event.target, source = one.isNode() ? whole().nodes : laid.edges;
    const about = source.find((each) => each.id === one.id());
    const shelf = document.getElementById("money-tip");
    if (!about?.tip) return;
    shelf.textContent = about.tip;
    shelf.hidden = false;
    const { x, y } = event.renderedPosition;
    shelf.style.transform = `translate(${Math.min(x + 14, Math.max(0, cy.width() - shelf.offsetWidth - 8))}px, ${Math.min(y + 14, cy.height() - shelf.offsetHeight - 8)}px)`;
  }

  // --- one account, everywhere ------------------------------------------------------------------------------------
  // Show the whole way through an account: from whom its money came, and where it went on. `only` marks the card alone.
  function light(id, only = false) {
    cy.batch(() => {
      cy.elements().removeClass("dim lit chosen");
      const one = id && cy.getElementById(id);
      if (!one || !one.length) return;
      one.addClass("chosen");
      if (only) return;
      const way = one.predecessors().union(one.successors()).union(one);
      cy.elements().not(way).not(".head").addClass("dim");
      way.edges().addClass("lit");
    });
  }

  function choose(id, { from = "" } = {}) {
    if (!id || id.startsWith("level-")) return;
    chosen = id;
    alone = from === "start";
    light(id, alone);
    const one = cy.getElementById(id);
    if (from === "table" && cy.zoom() < READABLE && one.length) nearTo(one);
    else if (from !== "graph" && one.length) {
      const { x1, y1, x2, y2 } = one.renderedBoundingBox();
      if (x1 < 0 || y1 < 0 || x2 > cy.width() || y2 > cy.height()) cy.center(one);
    }
    point();
    for (const row of rows()) {
      const here = row.dataset.account === id;
      const shelf = row.closest(".money-table");
      if (here && from !== "table" && shelf.scrollHeight > shelf.clientHeight) shelf.scrollTop = row.offsetTop - shelf.clientHeight / 2;
    }
    if (told !== id) show(aboutUrl(id));
    told = id;
  }

  // The chosen account's row, and the order last chosen; asked for again when the table came anew.
  function point() {
    for (const row of rows()) row.toggleAttribute("aria-current", row.dataset.account === chosen);
  }

  // Bring a part into the panel; only what was asked for last comes in. `quietly`: not while somebody works in it.
  async function show(url, quietly = false) {
    const turn = quietly ? asked : (asked += 1);
    const answer = await fetch(url, { headers: { "HX-Request": "true" } });
    const text = answer.ok ? await answer.text() : "", panel = document.getElementById("money-account");
    if (turn !== asked) return;
    if (!text) { board.toast(document.getElementById("toasts").dataset.failed); return; }
    if (quietly && (panel.querySelector("details[open], [data-kept], .htmx-request") || panel.contains(document.activeElement))) return;
    panel.innerHTML = text;
    htmx.process(panel);
    board.refresh();
  }

  function flow(edge) {
    cy.batch(() => {
      cy.elements().removeClass("dim lit chosen");
      cy.elements().not(edge.connectedNodes().union(edge)).not(".head").addClass("dim");
      edge.addClass("lit");
    });
    told = "";
    show(`${page().dataset.flowUrl}?payer=${edge.data("source")}&payee=${edge.data("target")}`);
  }

  function step(by) {
    const all = rows(), at = all.findIndex((row) => row.dataset.account === chosen);
    const next = all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + by))];
    if (!next) return;
    next.querySelector("button").focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
    choose(next.dataset.account, { from: "table" });
  }

  async function expand(id) {
    if (near.has(id)) near.delete(id);
    else {
      const answer = await fetch(`${page().dataset.nearUrl}?account=${encodeURIComponent(id)}`, { headers: { "HX-Request": "true" } });
      if (!answer.ok) { board.toast(document.getElementById("toasts").dataset.failed); return; }
      const around = await answer.json();
      const shown = new Set(whole().nodes.map((node) => node.id));
      if (around.nodes.every((node) => shown.has(node.id))) { board.toast(around.said); return; }
      near.set(id, around);
    }
    draw({ keep: true });
    const one = cy.getElementById(id);
    cy.animate({ fit: { eles: one.closedNeighborhood(), padding: 40 }, duration: 0 });
    if (cy.zoom() > 1) { cy.zoom(1); cy.center(one); }
  }

  // --- the table --------------------------------------------------------------------------------------------------
  function sort(button) {
    const head = button.closest("th");
    sorted = { at: head.cellIndex, down: head.getAttribute("aria-sort") !== "descending" };
    arrange();
  }

  function arrange() {
    const table = document.querySelector("#money-accounts table");
    if (!sorted || !table) return;
    const { at, down } = sorted, head = table.tHead.rows[0].cells[at], body = table.tBodies[0];
    for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const value = (row) => { const text = row.cells[at].dataset.value ?? ""; return head.dataset.kind === "text" ? text : Number(text); };
    const signed = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a - b) * (down ? -1 : 1);
    body.append(...[...body.rows].sort((a, b) => signed(value(a), value(b))));
  }

  // --- the page's life --------------------------------------------------------------------------------------------
  async function load() {
    const state = document.querySelector("[data-mark]");
    if (!box() || !state || state.dataset.mark === mark) return;
    mark = state.dataset.mark;
    const answer = await fetch(page().dataset.graphUrl, { headers: { "HX-Request": "true" } });
    if (!answer.ok) { board.toast(document.getElementById("toasts").dataset.failed); return; }
    const first = cy === null;
    graph = await answer.json();
    if (!graph.nodes.length) return;
    box().closest(".money-columns").hidden = false; // the page may have been opened before anything was found
    draw({ keep: !first });
    const ids = new Set(graph.nodes.map((node) => node.id));
    if (!first && ids.has(chosen)) { show(aboutUrl(chosen), true); return; }
    const wanted = new URLSearchParams(location.search).get("account");
    choose(ids.has(wanted) ? wanted : graph.first, { from: "start" });
  }

  const acts = { fit, near: () => zoom(1.35), far: () => zoom(1 / 1.35), expand: () => expand(chosen) };
  document.addEventListener("click", (event) => {
    const row = event.target.closest("#money-accounts [data-account]");
    if (row && !event.target.closest("a")) choose(row.dataset.account, { from: "table" });
    const pick = event.target.closest("[data-choose]");
    if (pick) choose(pick.dataset.choose);
    const button = event.target.closest("[data-money]");
    if (button && cy) acts[button.dataset.money]();
    const sorter = event.target.closest("[data-sort]");
    if (sorter) sort(sorter);
  });
  document.addEventListener("keydown", (event) => {
    const key = board.key(event, ["j", "k", "ArrowDown", "ArrowUp"]);
    const inTable = document.activeElement?.closest("#money-accounts");
    if (key === "j" || (key === "ArrowDown" && inTable)) step(1);
    else if (key === "k" || (key === "ArrowUp" && inTable)) step(-1);
    else if (key === "=" && cy) zoom(1.35);
    else return;
    event.preventDefault();
  });
  document.addEventListener("wheel", (event) => {
    if (!cy || !event.ctrlKey || !box().contains(event.target)) return;
    event.preventDefault();
    const { left, top } = box().getBoundingClientRect();
    cy.zoom({ level: cy.zoom() * (event.deltaY < 0 ? 1.15 : 1 / 1.15), renderedPosition: { x: event.clientX - left, y: event.clientY - top } });
  }, { passive: false });
  document.addEventListener("htmx:after:swap", () => { point(); arrange(); load(); });
  document.addEventListener("money-done", (event) => {
    board.toast(event.detail?.text);
    if (event.detail?.free) places.put(event.detail.free, null);
    if (event.detail?.fix && cy) places.put(event.detail.fix, cy.getElementById(event.detail.fix).position());
    mark = "";
    htmx.trigger(document.getElementById("money-state"), "refresh");
  });
  // On paper the whole river stands, whatever part of it the window shows.
  addEventListener("beforeprint", () => {
    const paper = document.getElementById("money-paper");
    if (cy && paper) paper.src = cy.png({ full: true, bg: "#fff", maxWidth: 2400, maxHeight: 1600 });
  });
  document.addEventListener("DOMContentLoaded", load);
})();
