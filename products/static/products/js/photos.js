/* Photos are sent one by one, in the order they were chosen, each with its own progress. Without this the form sends
   them all at once. */

function send(form, file, bar) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const fields = new FormData(form);
    fields.set("photos", file, file.name);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = event.loaded / event.total;
    });
    request.addEventListener("load", () => {
      try {
        resolve(JSON.parse(request.responseText).refusals);
      } catch {
        resolve([form.dataset.broken]);
      }
    });
    request.addEventListener("error", () => resolve([form.dataset.broken]));
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.send(fields);
  });
}

async function upload(form, files) {
  const list = form.querySelector("[data-uploads]");
  const rows = files.map((file) => {
    const row = document.createElement("li");
    const name = document.createElement("span");
    const bar = document.createElement("progress");
    const note = document.createElement("span");
    name.textContent = file.name;
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    row.append(name, " ", bar, " ", note);
    list.append(row);
    return { row, bar, note };
  });
  const refused = [];
  for (const [number, file] of files.entries()) {
    const { row, bar, note } = rows[number];
    const refusals = await send(form, file, bar);
    bar.value = 1;
    note.textContent = refusals.length ? refusals.join(" ") : form.dataset.done;
    note.className = refusals.length ? "danger-text" : "ok-text";
    if (refusals.length) refused.push(row);
  }
  await refresh(form.dataset.page, refused);
}

/* The photos as the server has them now; what was refused stays to be read. */
async function refresh(address, refused) {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("photos");
  if (!fresh) return;
  document.getElementById("photos").replaceWith(fresh);
  window.htmx?.process(fresh);
  fresh.querySelector("[data-uploads]")?.append(...refused);
  attach();
  fresh.querySelector("#photos_title")?.focus();
}

function attach() {
  for (const form of document.querySelectorAll("form[data-photos]:not([data-ready])")) {
    form.dataset.ready = "yes";
    const input = form.querySelector("input[type=file]");
    const zone = form.querySelector(".drop-zone");
    form.querySelector("[data-send]").hidden = true;
    input.addEventListener("change", () => upload(form, [...input.files]));
    zone.addEventListener("dragover", (event) => event.preventDefault());
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      upload(form, [...event.dataTransfer.files]);
    });
  }
}

attach();
document.addEventListener("htmx:afterSettle", attach);
