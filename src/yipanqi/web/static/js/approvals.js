// The approver's desk by keyboard: S signs, B writes why it is sent back, arrows walk the queue. A key does nothing for a moment
// after a new sheet came in, so that nobody signs what they have not seen.
(() => {
  "use strict";
  const PAUSE = 700;
  let shownAt = 0;

  function step(by) {
    const items = [...document.querySelectorAll(".queue-item")];
    const at = items.findIndex((item) => item.hasAttribute("aria-current"));
    items[at < 0 ? 0 : at + by]?.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && board.isTyping(event.target)) { event.target.blur(); return; }
    const key = board.key(event);
    if (key === "ArrowDown" || key === "ArrowRight") step(1);
    else if (key === "ArrowUp" || key === "ArrowLeft") step(-1);
    else if (key === "b") document.getElementById("reason")?.focus();
    else if (key === "s") { if (performance.now() - shownAt > PAUSE) document.querySelector("[data-key='s']:not(:disabled)")?.click(); }
    else return;
    event.preventDefault();
  });
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail?.ctx?.target?.id !== "approval-board") return;
    shownAt = performance.now();
    document.getElementById("sheet")?.focus({ preventScroll: true });
    scrollTo(0, 0);
  });
})();
