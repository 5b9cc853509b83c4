// The visits desk on a phone: records go into the outbox and from there to the centre, the page says where they are, and
// the worker is told which pages to keep for the way without signal. Without scripts the forms post by themselves.
(() => {
  "use strict";
  const root = document.documentElement;
  const AGAIN_MS = 20000;
  const ICONS = { waiting: "cloud-upload", sent: "cloud-check", kept: "alert-triangle", refused: "circle-x" };
  let shelf;
  let words;

  const stored = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  const store = (name, value) => { try { localStorage.setItem(name, value); } catch { /* private window */ } };
  const hours = (instant) => new Date(instant).toLocaleTimeString("en-GB", { timeZone: root.dataset.zone || undefined, hour: "2-digit", minute: "2-digit" });

  function newId() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  // A kept page carries the server's time of when it was kept: the phone's distance to it was noted while there was a line.
  function setClock() {
    if (root.dataset.keptAt) board.offset = Number(stored("visits-clock")) || 0; else store("visits-clock", String(board.offset));
    board.refresh();
  }

  function sayLine(state) {
    const line = document.getElementById("visit-line");
    const kept = root.dataset.keptAt;
    let text = "";
    if (state === "signed_out") text = words.signedOut;
    else if (state === "no_line" || !navigator.onLine || kept) text = kept ? words.offline.replace("{time}", hours(kept)) : words.offlineNow;
    line.hidden = !text;
    line.lastElementChild.textContent = text;
  }

  function icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${words.icons}#${name}`);
    svg.append(use);
    return svg;
  }

  function make(tag, className, text) {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
  }

  const stateWord = (one) => words[`word${one.state[0].toUpperCase()}${one.state.slice(1)}`];

  function outboxLine(one) {
    const line = make("div", "outbox-line", "");
    line.dataset.state = one.state;
    line.dataset.visit = one.visit;
    const told = make("p", "", "");
    told.append(make("strong", "", stateWord(one)), document.createElement("br"), `${one.person} \u00b7 ${one.outcomeName} \u00b7 ${hours(one.madeAt)}`);
    line.append(icon(ICONS[one.state]), told);
    if (one.state !== "sent") {
      const button = make("button", "btn", one.state === "waiting" ? words.wordWithdraw : words.wordSeen);
      button.type = "button";
      button.addEventListener("click", () => { if (one.state !== "waiting" || window.confirm(words.askWithdraw)) outbox.remove(one.id); });
      line.append(button);
    }
    if (one.text) line.append(make("p", "small", one.text));
    if (one.state === "refused" && one.fields.note) line.append(make("p", "small", one.fields.note));
    return line;
  }

  async function show() {
    const reports = await outbox.list();
    shelf.replaceChildren(...reports.map(outboxLine));
    shelf.hidden = reports.length === 0;
    for (const card of document.querySelectorAll(".visit-card")) {
      const own = reports.filter((one) => one.visit === card.dataset.visit).pop();
      const mark = card.querySelector("[data-mark]");
      mark.hidden = !own;
      if (own) mark.replaceChildren(icon(ICONS[own.state]), make("span", "", stateWord(own)));
    }
    const form = document.getElementById("report");
    if (form) form.hidden = reports.some((one) => one.visit === form.dataset.visit && ["waiting", "sent", "kept"].includes(one.state) && one.fields.version === form.elements.version.value);
  }

  const waiting = async () => (await outbox.list()).filter((one) => one.state === "waiting").length;

  function isWriting() {
    const form = document.getElementById("report");
    return Boolean(form && !form.hidden && (form.querySelector("[name=outcome]:checked") || form.elements.note.value || form.elements.photo.files.length));
  }

  // Sends what waits. The page then shows what is so now; a kept one gives way to a fresh one, but never while somebody is
  // writing, nor as soon as it is opened: a line too weak for pages would have it open again and again.
  async function send(opening = false) {
    const before = await waiting();
    const state = before || root.dataset.keptAt ? await outbox.send(words.tokenUrl) : "sent";
    sayLine(state);
    const stale = before > await waiting() || (root.dataset.keptAt && opening !== true);
    if (stale && state === "sent" && navigator.onLine && !isWriting()) location.reload();
  }

  async function record(event) {
    const form = event.target;
    event.preventDefault();
    const chosen = form.querySelector("[name=outcome]:checked");
    const photo = form.elements.photo.files[0] || null;
    if (photo && photo.size > Number(form.dataset.photoMax)) { board.toast(form.querySelector("[data-photo-name]").dataset.tooLarge, 8000); return; }
    try {
      await outbox.put({
        id: newId(), officer: root.dataset.officer, visit: form.dataset.visit, person: form.dataset.person, url: form.action,
        outcomeName: chosen.dataset.name, madeAt: new Date(board.now()).toISOString(), state: "waiting", text: "", photo,
        fields: { outcome: chosen.value, note: form.elements.note.value, version: form.elements.version.value },
      });
    } catch {
      HTMLFormElement.prototype.submit.call(form); // no store on this phone: the form goes by itself
      return;
    }
    await show();
    window.scrollTo({ top: 0, behavior: "instant" });
    await send();
  }

  function preview(input) {
    const name = document.querySelector("[data-photo-name]");
    const file = input.files[0];
    const label = name.closest("label");
    label.querySelector("img")?.remove();
    if (!file) return;
    name.textContent = `${(file.size / 1048576).toFixed(1)} MB`;
    const reader = new FileReader();
    reader.onload = () => { const image = new Image(); image.alt = ""; image.src = reader.result; label.prepend(image); };
    reader.readAsDataURL(file);
  }

  async function keepPages() {
    if (!navigator.serviceWorker || root.dataset.keptAt) return;
    await navigator.serviceWorker.register(words.workerUrl, { scope: words.listUrl });
    const ready = await navigator.serviceWorker.ready;
    const files = performance.getEntriesByType("resource").map((one) => one.name.split("#")[0]).filter((name) => name.startsWith(`${location.origin}/static/`));
    const own = document.querySelector(".visit-cards, .blank") ? [...document.querySelectorAll("[data-own]")].map((card) => card.dataset.own) : null;
    ready.active?.postMessage({ files: [...new Set(files)], list: words.listUrl, own });
  }

  async function start() {
    shelf = document.getElementById("outbox");
    if (!shelf) return;
    words = shelf.dataset;
    setClock();
    document.getElementById("report")?.addEventListener("submit", record);
    document.addEventListener("submit", (event) => {
      if (event.target.id === "report" || navigator.onLine) return;
      event.preventDefault();
      board.toast(words.needsLine);
    });
    document.getElementById("photo")?.addEventListener("change", (event) => preview(event.target));
    document.addEventListener("outbox:changed", show);
    window.addEventListener("online", () => send());
    window.addEventListener("offline", () => sayLine("no_line"));
    document.addEventListener("visibilitychange", () => { if (!document.hidden) send(); });
    setInterval(() => send(), AGAIN_MS);
    window.addEventListener("load", () => keepPages().catch(() => {}));
    await outbox.tidy(root.dataset.officer);
    await send(true);
  }
  document.addEventListener("DOMContentLoaded", () => { start().catch(() => {}); });
})();
