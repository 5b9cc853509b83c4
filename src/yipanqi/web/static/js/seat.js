// The seat by keyboard: 1-7 outcomes, N next, R reveal, Z undo, B give back, T timeline, / note. Each key presses the
// visible button that carries it (data-key), so the keys can do nothing that the page does not show.
(() => {
  "use strict";
  let undoTimer = 0;

  function press(key) {
    const button = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((one) => !one.disabled && one.offsetParent);
    if (!button) return false;
    if (button.tagName === "SUMMARY" || button.tagName === "BUTTON") button.click(); else button.focus();
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && board.isTyping(event.target)) { event.target.blur(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || board.isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (press(key)) event.preventDefault();
  });

  // Ten seconds to undo, counted from the server's instant.
  function countUndo() {
    clearInterval(undoTimer);
    const bar = document.querySelector("[data-undo-until]");
    if (!bar) return;
    const step = () => {
      const seconds = Math.ceil((Date.parse(bar.dataset.undoUntil) - board.now()) / 1000);
      bar.querySelector("[data-undo-left]").textContent = `${Math.max(0, Math.min(10, seconds))} s`;
      if (seconds <= 0) { clearInterval(undoTimer); bar.remove(); }
    };
    step();
    undoTimer = setInterval(step, 250);
  }

  function title() {
    const header = document.querySelector("#seat-header [data-waiting]");
    if (!header) return;
    const base = document.documentElement.dataset.title || document.title;
    document.documentElement.dataset.title = base;
    const idle = document.querySelector(".seat-idle");
    document.title = idle && Number(header.dataset.waiting) > 0 ? `(${header.dataset.waiting}) ${base}` : base;
    const shown = document.querySelector("[data-waiting-count]");
    if (shown) {
      shown.textContent = header.dataset.waiting;
      const waits = Number(header.dataset.waiting) > 0;
      document.querySelector("[data-when='waiting']").hidden = !waits;
      document.querySelector("[data-when='clear']").hidden = waits;
    }
  }

  function settle(event) {
    countUndo();
    title();
    const target = event?.detail?.ctx?.target;
    if (target?.id !== "seat-board") return;
    target.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
  document.addEventListener("DOMContentLoaded", () => settle());
  document.addEventListener("htmx:after:swap", settle);
})();
