// The screening desk: R shows the account, U chooses files, 1 to 5 an outcome, W writes the reasons. Several files are sent one after the other, each with its
// progress; when all have been sent the evidence is shown anew and what was typed elsewhere stays. Without this the form sends one file.
(() => {
  "use strict";
  const size = (bytes) => bytes >= 1048576 ? `${(bytes / 1048576).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1024))} kB`;
  const form = () => document.getElementById("evidence-form");

  function line(file) {
    const item = document.createElement("li");
    const name = document.createElement("span"), told = document.createElement("span"), bar = document.createElement("progress");
    name.className = "break"; name.textContent = file.name;
    told.className = "quiet number"; told.textContent = size(file.size);
    bar.max = 1; bar.value = 0; bar.hidden = true;
    item.append(name, told, bar);
    return item;
  }

  function list(chosen) {
    const max = Number(form().dataset.max);
    document.getElementById("picked").replaceChildren(...[...chosen].map((file) => {
      const item = line(file);
      if (file.size > max) { item.dataset.problem = "1"; item.children[1].textContent = `${size(file.size)} \u00b7 ${form().dataset.tooLarge}`; }
      return item;
    }));
  }

  // Sends one file; gives the page that came back, or null where none did.
  function send(file, item, fields) {
    return new Promise((done) => {
      const body = new FormData(), request = new XMLHttpRequest();
      for (const [name, value] of fields) if (name !== "file") body.append(name, value);
      body.append("file", file);
      request.open("POST", form().action);
      const [, told, bar] = item.children;
      bar.hidden = false;
      request.upload.addEventListener("progress", (sent) => {
        if (!sent.lengthComputable) return;
        bar.value = sent.loaded / sent.total;
        told.textContent = `${form().dataset.sending} ${size(sent.loaded)} / ${size(sent.total)}`;
      });
      request.addEventListener("load", () => done(new DOMParser().parseFromString(request.responseText, "text/html")));
      request.addEventListener("error", () => done(null));
      request.send(body);
    });
  }

  async function sendAll(event) {
    const sending = form(), input = document.getElementById("evidence-file"), files = [...input.files];
    if (!files.length) return;
    event.preventDefault();
    const fields = [...new FormData(sending)], button = sending.querySelector("button[type=submit]"), items = [...document.getElementById("picked").children];
    button.disabled = true;
    let page = null;
    const left = [];
    for (const [index, file] of files.entries()) {
      if (file.size > Number(sending.dataset.max)) { left.push(items[index]); continue; }
      const answer = await send(file, items[index], fields);
      const error = answer?.getElementById("evidence-error");
      if (answer?.getElementById("evidence") && !error) { page = answer; continue; }
      items[index].dataset.problem = "1";
      items[index].children[1].textContent = error?.textContent.trim() || sending.dataset.failed;
      items[index].children[2].hidden = true;
      left.push(items[index]);
    }
    button.disabled = false;
    if (page) show(page);
    document.getElementById("picked")?.replaceChildren(...left);
  }

  // The evidence and the head as they stand now; the other columns keep what was typed, the finding is made on the newer version.
  function show(page) {
    document.getElementById("evidence").replaceWith(page.getElementById("evidence"));
    document.querySelector(".page-head").replaceWith(page.querySelector(".page-head"));
    const version = page.querySelector("#find-form [name=version]"), mine = document.querySelector("#find-form [name=version]");
    if (version && mine) mine.value = version.value;
    start();
    document.querySelector("#evidence .evidence-list > li:last-child")?.scrollIntoView({ block: "nearest" });
  }

  function start() {
    if (!form()) return;
    const input = document.getElementById("evidence-file"), drop = form().querySelector(".drop");
    input.multiple = true;
    for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, () => { drop.dataset.over = "1"; });
    for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => { delete drop.dataset.over; });
    input.addEventListener("change", () => list(input.files));
    form().addEventListener("submit", sendAll);
  }

  document.addEventListener("DOMContentLoaded", start);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && board.isTyping(event.target)) { event.target.blur(); return; }
    const key = board.key(event);
    if (!key) return;
    const target = key === "u" ? document.getElementById("evidence-file") : document.querySelector(`#main [data-key="${CSS.escape(key)}"]`);
    if (!target || target.disabled) return;
    event.preventDefault();
    if (target.matches("textarea")) { target.focus(); return; }
    target.click();
    if (target.matches("[name=outcome]")) {
      target.closest(".outcome-card").scrollIntoView({ block: "nearest" });
      target.closest(".outcome-card").querySelector("[name=involved]")?.focus();
    }
  });
})();
