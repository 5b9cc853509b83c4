// The shell of every desk: clock on server time, density, countdowns, toasts, key help, failed requests.
// Loaded in the head so that density holds before the first paint. Leaves alone what one page does (seat.js, imports.js).
(() => {
  "use strict";
  const root = document.documentElement;
  const stored = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  const store = (name, value) => { try { localStorage.setItem(name, value); } catch { /* private window: holds for this page */ } };
  root.dataset.density = stored("density") || "comfortable";

  const board = { offset: 0 };
  window.board = board;
  board.now = () => Date.now() + board.offset;
  board.isTyping = (target) => target instanceof HTMLElement
    && (target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName)
      || (target.tagName === "INPUT" && !["radio", "checkbox", "button", "submit"].includes(target.type)));

  // The key that an event is for a desk: lower-cased, or "" while somebody types, holds it down, has a dialog open or a
  // modifier pressed, and when another script has acted on it already. `held` names the keys that may be held down.
  board.key = (event, held = []) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || board.isTyping(event.target)) return "";
    if ((event.repeat && !held.includes(event.key)) || document.querySelector("dialog[open]")) return "";
    return event.key.length === 1 ? event.key.toLowerCase() : event.key;
  };

  const two = (number) => String(number).padStart(2, "0");
  board.span = (seconds) => {
    const whole = Math.floor(Math.abs(seconds));
    const sign = seconds < 0 ? "\u2212" : "";
    const hours = Math.floor(whole / 3600);
    if (hours >= 100) return sign + Math.floor(hours / 24) + (root.lang.startsWith("zh") ? "\u5929" : " d");
    const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
    return sign + (hours ? `${hours}:${rest}` : rest);
  };

  // <span class="left" data-due-at data-total-seconds>: number and bar, amber at a third, red when late.
  function count(element) {
    const seconds = (Date.parse(element.dataset.dueAt) - board.now()) / 1000;
    const total = Number(element.dataset.totalSeconds) || 1;
    const ratio = Math.max(0, Math.min(1, seconds / total));
    const stage = seconds <= 0 ? "late" : ratio <= 1 / 3 ? "amber" : "calm";
    element.querySelector(".left-number").textContent = board.span(seconds > 0 ? Math.ceil(seconds) : seconds);
    element.querySelector(".left-bar")?.style.setProperty("--ratio", ratio.toFixed(3));
    if (element.dataset.stage !== stage) element.dataset.stage = stage;
    const word = element.querySelector(".left-word");
    if (word) word.textContent = stage === "late" ? element.dataset.wordLate : element.dataset.wordLeft;
  }

  board.refresh = () => {
    const now = new Date(board.now());
    for (const clock of document.querySelectorAll("[data-clock]")) {
      clock.textContent = now.toLocaleTimeString("en-GB", { timeZone: root.dataset.zone || undefined });
    }
    document.querySelectorAll(".left[data-due-at]").forEach(count);
  };

  board.toast = (text, life = 6000) => {
    const shelf = document.getElementById("toasts");
    if (!shelf || !text) return;
    const line = document.createElement("div");
    line.className = "toast-line";
    line.setAttribute("role", "status");
    line.textContent = text;
    shelf.replaceChildren(line);
    setTimeout(() => line.remove(), life);
  };

  function openHelp() {
    const help = document.getElementById("key-help");
    if (!help) return;
    if (help.open) help.close(); else help.showModal();
  }

  document.addEventListener("DOMContentLoaded", () => {
    if (!root.dataset.officer) window.caches?.delete("visits-pages").catch(() => {}); // whoever signs in next sees own pages
    const served = Date.parse(root.dataset.now || "");
    if (!Number.isNaN(served)) board.offset = served - Date.now();
    board.refresh();
    setInterval(board.refresh, 1000);
    document.querySelector(".desk-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  document.addEventListener("htmx:after:swap", () => board.refresh());

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-act]");
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
    if (!target) return;
    const act = target.dataset.act;
    if (act === "density") {
      root.dataset.density = root.dataset.density === "compact" ? "comfortable" : "compact";
      store("density", root.dataset.density);
    } else if (act === "print") window.print();
    else if (act === "help") openHelp();
    else if (act === "close") target.closest("dialog")?.close();
    else if (act === "copy") {
      const source = document.getElementById(target.dataset.source);
      navigator.clipboard?.writeText(source.textContent.trim()).then(() => board.toast(target.dataset.done));
    } else if (act === "back") history.back();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "?" && !board.isTyping(event.target)) { event.preventDefault(); openHelp(); }
  });
  // A select with data-submit sends its form at once.
  document.addEventListener("change", (event) => { if (event.target.matches("[data-submit]")) event.target.form?.requestSubmit(); });
  // Signing out deletes what a phone keeps of the visits desk (see visits.js), so unsent reports are asked about first.
  document.addEventListener("submit", (event) => {
    const unsent = Number(stored("visits-unsent")) > 0 ? event.target.dataset?.unsent : "";
    const question = event.submitter?.dataset.confirm || event.target.dataset?.confirm || unsent;
    if (question && !window.confirm(question)) event.preventDefault();
  });

  // Requests that fail say so in words; the page under them stays as it was (see htmx-config: noSwap).
  const words = () => document.getElementById("toasts")?.dataset || {};
  document.addEventListener("htmx:response:error", (event) => {
    const status = event.detail?.ctx?.response?.status ?? event.detail?.ctx?.response?.raw?.status;
    if (status === 401 || status === 403) board.toast(words().refused, 10000);
    else if (status === 429) board.toast(words().slow, 10000);
    else if (status >= 500 || status === 404) board.toast(words().failed, 10000);
  });
  document.addEventListener("htmx:error", () => board.toast(words().offline, 10000));
})();
