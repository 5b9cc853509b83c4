// The seat and the register: ten seconds to undo, the count of waiting calls in the title, and the focus. Keys (1-7
// outcomes, N next, R reveal, Z undo, B give back, T timeline, / note) are pressed by keys.js.
(() => {
  "use strict";
  let undoTimer = 0;

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
