// Follows the stream of the chase: each notice has whatever on the page shows the chase ask for itself again ("chase"). The
// notice carries nothing; what an officer may see, the page asks for. A lost line heals by itself; polling goes on meanwhile.
(() => {
  "use strict";
  function follow(wait = 1000) {
    const source = new EventSource(document.querySelector("[data-chase-stream]").dataset.chaseStream);
    source.addEventListener("open", () => { wait = 1000; });
    source.addEventListener("chase", () => {
      for (const part of document.querySelectorAll("[data-chase]")) htmx.trigger(part, "chase");
    });
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED) return; // the browser comes back alone
      setTimeout(() => follow(Math.min(2 * wait, 30000)), wait);
    });
  }
  document.addEventListener("DOMContentLoaded", () => follow());
})();
