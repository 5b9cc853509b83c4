// The pop-up of a signature that waits, on every page of an approver: shown until put away, once per signature and session,
// never taking the focus. Putting it away puts away all that wait then; what comes later is told anew. S opens it, Esc puts it
// away, while nothing is being typed.
(() => {
  "use strict";
  const kept = (name) => { try { return JSON.parse(sessionStorage.getItem(name) || "[]"); } catch { return []; } };
  const keep = (name, id) => { try { sessionStorage.setItem(name, JSON.stringify([...kept(name), id].slice(-200))); } catch { /* holds for this page */ } };
  const shelf = () => document.getElementById("summons");
  const card = () => shelf()?.querySelector("[data-summons]:not([hidden])");
  const put = new Set(); // put away on this page, where the session keeps nothing

  function show() {
    if (!shelf()) return;
    const count = shelf().querySelector("[data-count]")?.dataset.count || "";
    for (const chip of document.querySelectorAll("[data-summons-count]")) { chip.textContent = count; chip.hidden = !Number(count); }
    const gone = kept("summons-away");
    const next = [...shelf().querySelectorAll("[data-summons]")].find((one) => !gone.includes(one.dataset.summons) && !put.has(one.dataset.summons));
    for (const one of shelf().querySelectorAll("[data-summons]")) if (one !== next) one.hidden = true;
    if (!next || !next.hidden) return;
    const told = kept("summons-told").includes(next.dataset.summons);
    shelf().setAttribute("aria-live", told ? "off" : "assertive");
    if (!told) keep("summons-told", next.dataset.summons);
    next.hidden = false;
    board.refresh();
  }

  function away() {
    for (const one of shelf().querySelectorAll("[data-summons]")) {
      if (!kept("summons-away").includes(one.dataset.summons)) keep("summons-away", one.dataset.summons);
      put.add(one.dataset.summons);
      one.hidden = true;
    }
  }

  document.addEventListener("click", (event) => {
    const one = event.target.closest?.("[data-summons]");
    if (!one) return;
    if (event.target.closest("[data-summons-close]")) away();
    else if (event.target.closest("[data-summons-open]")) keep("summons-away", one.dataset.summons);
  });
  document.addEventListener("keydown", (event) => {
    const one = card();
    const key = one ? board.key(event) : "";
    if (key === "Escape") away();
    else if (key === "s") one.querySelector("[data-summons-open]").click();
    else return;
    event.preventDefault();
  });
  document.addEventListener("htmx:after:swap", (event) => { if (event.detail?.ctx?.target === shelf()) show(); });
})();
