// The pages of one return by keyboard. J and K walk the victims, N does the next step; on the methods' page 1 to 7 mark a column
// and C goes to its ground. A marked column is lit and marked in the form too; grounds that do not fit its basis are put away.
// Why an amount is what it is opens in a dialog. Nothing is decided here: the server reads the form alone.
(() => {
  "use strict";
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const marks = () => [...document.querySelectorAll("input[name='method-mark']")];
  const form = () => document.getElementById("choose");

  function step(by) {
    const all = rows(), at = all.indexOf(document.activeElement?.closest("[data-row]"));
    all[Math.max(0, Math.min(all.length - 1, at + by))]?.querySelector(".row-link")?.focus();
  }

  function mark(code) {
    const head = marks().find((one) => one.value === code);
    if (!head) return;
    head.checked = true;
    for (const cell of document.querySelectorAll("[data-method]")) cell.classList.toggle("marked", cell.dataset.method === code);
    const choice = form()?.querySelector(`input[name="method"][value="${CSS.escape(code)}"]`);
    if (choice) choice.checked = true;
    for (const ground of form()?.querySelectorAll("[data-bases]") || []) {
      ground.hidden = !ground.dataset.bases.split(" ").includes(head.dataset.basis);
      const input = ground.querySelector("input");
      input.disabled = ground.hidden;
      if (ground.hidden) input.checked = false;
    }
  }

  function ready() {
    const said = marks().find((one) => one.checked);
    if (said) mark(said.value);
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("input[name='method-mark'], #choose input[name='method']")) mark(event.target.value);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && board.isTyping(event.target)) { event.target.blur(); return; }
    const key = board.key(event, ["ArrowDown", "ArrowUp"]);
    if (!key) return;
    const pressed = document.querySelector(`[data-key="${CSS.escape(key)}"]`), digit = marks().find((one) => one.dataset.digit === key);
    if (digit) mark(digit.value);
    else if (key === "c" && form()) {
      form().scrollIntoView({ block: "start" });
      form().querySelector("label:not([hidden]) > input[name='ground']")?.focus();
    } else if (pressed) pressed.click();
    else if (key === "j" && rows().length) step(1);
    else if (key === "k" && rows().length) step(-1);
    else return;
    event.preventDefault();
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const target = event.detail?.ctx?.target, dialog = document.getElementById("lines-dialog");
    if (target?.id === "lines" && dialog && !dialog.open) dialog.showModal();
    if (target?.id === "methods") ready();
  });
  document.addEventListener("DOMContentLoaded", ready);
})();
