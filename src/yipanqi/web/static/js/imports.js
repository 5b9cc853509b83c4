// The CSV drop: the file's name, progress of sending as a count, then the server's page. Without it the form still posts.
(() => {
  "use strict";
  const kilobytes = (bytes) => bytes >= 1048576 ? `${(bytes / 1048576).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1024))} kB`;

  function start() {
    const form = document.querySelector("[data-upload]");
    if (!form || !window.FormData) return;
    const input = form.querySelector("input[type=file]");
    const drop = form.querySelector(".drop");
    const line = form.querySelector(".progress-line");
    const [text, count] = line.querySelectorAll("span");
    const bar = line.querySelector("progress");

    function failed() {
      line.hidden = true;
      form.querySelector("button[type=submit]").disabled = false;
      board.toast(line.dataset.failed, 10000);
    }

    for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, () => { drop.dataset.over = "1"; });
    for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => { delete drop.dataset.over; });
    input.addEventListener("change", () => {
      const file = input.files[0];
      form.querySelector("[data-file-name]").textContent = file ? `${file.name} \u00b7 ${kilobytes(file.size)}` : "";
      form.querySelector("button[type=submit]").disabled = !file;
    });

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("X-CSRFToken", form.querySelector("[name=csrfmiddlewaretoken]").value);
      line.hidden = false;
      form.querySelector("button[type=submit]").disabled = true;
      text.textContent = line.dataset.sending;
      request.upload.addEventListener("progress", (sent) => {
        if (!sent.lengthComputable) return;
        bar.value = sent.loaded / sent.total;
        count.textContent = `${kilobytes(sent.loaded)} / ${kilobytes(sent.total)}`;
      });
      request.upload.addEventListener("load", () => { text.textContent = line.dataset.reading; bar.removeAttribute("value"); });
      request.addEventListener("load", () => {
        const page = new DOMParser().parseFromString(request.responseText, "text/html").getElementById("main");
        if (!page) { failed(); return; }
        document.getElementById("main").replaceWith(page);
        window.htmx?.process(page); // a page that looks again by itself
        history.replaceState(null, "", request.responseURL || location.href);
        start();
      });
      request.addEventListener("error", failed);
      request.send(new FormData(form));
    });
  }
  document.addEventListener("DOMContentLoaded", start);
})();
