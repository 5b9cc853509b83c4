// The funds desk by keyboard: J and K walk the rows, L lifts, E extends, R shows, D puts a suggestion of the chase away; digits open the desk's sections; each key presses the visible button that
// carries it (data-key). Forms of acts open in a dialog; when one is done the page under it asks for itself again.
(() => {
  "use strict";
  let place = -1; // the row last worked in, to go on from when it has left the list

  const rows = () => [...document.querySelectorAll("[data-row]")];
  const current = () => document.activeElement?.closest("[data-row]");
  const dialog = () => document.getElementById("act-dialog");

  function go(index) {
    const all = rows();
    all[Math.max(0, Math.min(all.length - 1, index))]?.querySelector(".row-link")?.focus();
  }

  function press(key) {
    const within = current() || (rows().length ? null : document);
    const button = [...(within?.querySelectorAll(`[data-key="${CSS.escape(key)}"]`) || [])].find((one) => one.offsetParent);
    button?.click();
    return Boolean(button);
  }

  document.addEventListener("focusin", () => { if (current()) place = rows().indexOf(current()); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && board.isTyping(event.target) && !dialog()?.open) { event.target.blur(); return; }
    const key = board.key(event, ["ArrowDown", "ArrowUp"]);
    if (!key) return;
    const at = current() ? rows().indexOf(current()) : place;
    let done = true;
    if (key === "j" || key === "ArrowDown") go(at + 1);
    else if (key === "k" || key === "ArrowUp") go(at < 0 ? 0 : at - 1);
    else if (/^[1-9]$/.test(key)) { done = Boolean(document.querySelector(`[data-section="${key}"]`)); document.querySelector(`[data-section="${key}"]`)?.click(); }
    else if (key === "/") document.getElementById("f-case")?.focus();
    else done = press(key);
    if (done && (rows().length || key.length === 1)) event.preventDefault();
  });

  // How long money has lain where the chase found it.
  setInterval(() => {
    for (const age of document.querySelectorAll("[data-since]")) {
      age.textContent = board.span(Math.max(0, (board.now() - Date.parse(age.dataset.since)) / 1000));
    }
  }, 1000);

  document.addEventListener("htmx:after:swap", (event) => {
    const target = event.detail?.ctx?.target;
    if (target?.id === "act-body" && dialog() && !dialog().open) dialog().showModal();
    if (target?.id === "act-body") target.querySelector("[autofocus]")?.focus();
    if (["funds-rows", "chase"].includes(target?.id) && document.activeElement === document.body && place >= 0 && !dialog()?.open) go(place);
  });
  document.addEventListener("funds-done", (event) => {
    dialog()?.close();
    board.toast(event.detail?.text);
    for (const live of document.querySelectorAll("[data-live]")) htmx.trigger(live, "refresh");
  });
})();
