// Reports of visits on this phone: kept in the browser's own store until the centre has them, sent in the order of the
// visits, each under an id of its own so that a repeat changes nothing. Leaves alone what the page shows (visits.js).
(() => {
  "use strict";
  const NAME = "visits";
  const STORE = "reports";
  const SENT_SHOWN_MS = 5 * 60 * 1000;
  let opened = null;
  let sending = null;

  function open() {
    opened ??= new Promise((done, fail) => {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
      request.onsuccess = () => {
        request.result.onversionchange = () => { request.result.close(); opened = null; };
        done(request.result);
      };
      request.onerror = () => { opened = null; fail(request.error); };
    });
    return opened;
  }

  async function run(mode, act) {
    const database = await open();
    return new Promise((done, fail) => {
      const transaction = database.transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => done(request.result);
      transaction.onerror = transaction.onabort = () => fail(transaction.error);
    });
  }

  async function list() {
    const reports = await run("readonly", (store) => store.getAll());
    return reports.sort((a, b) => a.madeAt.localeCompare(b.madeAt));
  }

  async function changed() {
    const unsent = (await list()).filter((one) => one.state === "waiting").length;
    try { localStorage.setItem("visits-unsent", String(unsent)); } catch { /* the question at sign-out is then not asked */ }
    document.dispatchEvent(new CustomEvent("outbox:changed"));
  }

  async function put(report) { await run("readwrite", (store) => store.put(report)); await changed(); }
  async function remove(id) { await run("readwrite", (store) => store.delete(id)); await changed(); }

  // What is another officer's, and what was sent a while ago, leaves the phone.
  async function tidy(officer) {
    for (const one of await list()) {
      if (one.officer !== officer || (one.state === "sent" && Date.now() - one.sentAt > SENT_SHOWN_MS)) await remove(one.id);
    }
    await changed();
  }

  class NoLine extends Error {}
  class SignedOut extends Error {}

  async function ask(url, options) {
    let answer;
    try {
      answer = await fetch(url, { ...options, headers: { Accept: "application/json", ...options?.headers }, redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(60000) });
    } catch { throw new NoLine(); }
    if (answer.type === "opaqueredirect") throw new SignedOut(); // on to the sign-in page
    if (answer.status >= 500 || answer.status === 429 || answer.status === 403) throw new NoLine();
    return answer;
  }

  async function deliver(report, fresh) {
    if (fresh.officer !== report.officer) throw new SignedOut();
    const form = new FormData();
    for (const [name, value] of Object.entries(report.fields)) form.append(name, value);
    form.append("submission_id", report.id);
    form.append("made_at", report.madeAt);
    if (report.photo) form.append("photo", report.photo, report.photo.name || "photo.jpg");
    const answer = await ask(report.url, { method: "POST", body: form, headers: { "X-CSRFToken": fresh.token } });
    const told = await answer.json().catch(() => ({ text: "" }));
    const state = !answer.ok ? "refused" : told.kept ? "kept" : "sent";
    // What the centre has stays here without note and photo; what it refused keeps both, for whoever tells it anew.
    const left = answer.ok ? { fields: { version: report.fields.version }, photo: null } : {};
    await put({ ...report, ...left, state, text: told.text, sentAt: Date.now() });
  }

  async function sendAll(tokenUrl) {
    const fresh = await (await ask(tokenUrl)).json();
    for (const report of await list()) {
      if (report.state === "waiting") await deliver(report, fresh);
    }
  }

  // "sent" when nothing waits any more, else why not: "no_line" or "signed_out". One at a time per page.
  function send(tokenUrl) {
    sending ??= sendAll(tokenUrl).then(() => "sent").catch((error) => {
      if (error instanceof SignedOut) return "signed_out";
      if (error instanceof NoLine) return "no_line";
      throw error;
    }).finally(() => { sending = null; });
    return sending;
  }

  window.outbox = { list, put, remove, tidy, send };
})();
