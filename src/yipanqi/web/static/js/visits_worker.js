// Keeps the visits desk for the way without signal: its own pages, which hold masked data only, until the session ends,
// and the files they are made of. Served as /visits/worker.js, so that it reaches no other desk. Sends nothing itself.
"use strict";
const PAGES = "visits-pages";
const FILES = "visits-files";
const OWN = /^\/visits(\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$/;
const PATIENCE_MS = 6000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("/static/")) event.respondWith(file(event));
  else if (event.request.mode === "navigate" && OWN.test(url.pathname)) event.respondWith(page(event.request, url.pathname));
});

self.addEventListener("message", (event) => event.waitUntil(keepAll(event.data)));

// Files: what is there at once, and a fresh copy for the next time.
async function file(event) {
  const kept = await caches.open(FILES);
  const known = await kept.match(event.request);
  const fresh = fetch(event.request).then((answer) => {
    if (answer.ok) kept.put(event.request, answer.clone());
    return answer;
  });
  if (!known) return fresh;
  event.waitUntil(fresh.catch(() => {}));
  return known;
}

// Pages: from the centre while it answers in time, else the kept one; the list where that visit was not kept.
async function page(request, path) {
  try {
    const answer = await Promise.race([fetch(request), new Promise((_, fail) => setTimeout(fail, PATIENCE_MS))]);
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) await caches.delete(PAGES);
    else if (answer.status === 404) await (await caches.open(PAGES)).delete(path);
    else await keep(path, answer.clone());
    return answer;
  } catch {
    return (await kept(path)) || (path !== "/visits" && (await kept("/visits")) ? Response.redirect("/visits") : Response.error());
  }
}

async function keep(path, answer) {
  const seconds = Number(answer.headers.get("X-Kept-Seconds"));
  if (!answer.ok || !(seconds > 0)) return;
  const headers = new Headers(answer.headers);
  headers.set("X-Kept-At", new Date().toISOString());
  headers.set("X-Kept-Until", String(Date.now() + seconds * 1000));
  await (await caches.open(PAGES)).put(path, new Response(await answer.text(), { headers }));
}

async function kept(path) {
  const found = await (await caches.open(PAGES)).match(path);
  if (!found) return null;
  if (Date.now() > Number(found.headers.get("X-Kept-Until"))) {
    await caches.delete(PAGES);
    return null;
  }
  const text = (await found.text()).replace("<html ", `<html data-kept-at="${found.headers.get("X-Kept-At")}" `);
  return new Response(text, { headers: found.headers });
}

// From an open page: its files; from the list also the officer's own visits. Other visits leave the phone.
async function keepAll({ files, list, own }) {
  const shelf = await caches.open(FILES);
  await Promise.all(files.map(async (name) => { if (!(await shelf.match(name))) await shelf.add(name); }));
  if (!own) return;
  const pages = await caches.open(PAGES);
  for (const request of await pages.keys()) {
    const path = new URL(request.url).pathname;
    if (path !== list && !own.includes(path)) await pages.delete(request);
  }
  for (const path of [list, ...own]) {
    const answer = await fetch(path, { credentials: "same-origin", redirect: "manual" });
    await keep(path, answer);
  }
}
