// The keys of a desk: each presses the visible button or link that carries it (data-key), or goes to the field, so the
// keys can do nothing that the page does not show. Escape leaves a field. A fold that opens (data-fold) gives the focus to
// its first field at once: what is typed next is no key. In a form with data-enter, Enter sends from a select too. What one desk does beyond that is its own file's.
(() => {
  "use strict";
  function press(key) {
    const target = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((one) => !one.disabled && one.offsetParent);
    if (!target) return false;
    if (["SUMMARY", "BUTTON", "A"].includes(target.tagName)) target.click(); else target.focus();
    if (target.tagName === "SUMMARY") enter(target.parentElement);
    return true;
  }

  function enter(fold) {
    if (!fold.open || !fold.matches("[data-fold]")) return;
    (fold.querySelector("[autofocus]") || fold.querySelector("input:not([type=hidden]):not([type=radio])"))?.focus();
  }
  document.addEventListener("toggle", (event) => { if (!board.isTyping(document.activeElement)) enter(event.target); }, true);

  document.addEventListener("keydown", (event) => {
    const form = event.key === "Enter" && event.target.matches("select") && event.target.closest("form[data-enter]");
    if (form) { event.preventDefault(); form.requestSubmit(); return; }
    if (event.key === "Escape" && board.isTyping(event.target)) { event.target.blur(); return; }
    const key = board.key(event);
    if (key && press(key)) event.preventDefault();
  });
})();
