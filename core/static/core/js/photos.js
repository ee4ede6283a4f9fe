/* Photos on their way to the server: chosen, dropped, pasted or taken; three at a time, each with its own bar, which says
   what became of it. Large ones are made smaller here. Without this the form sends all of them at once. */

const AT_ONCE = 3;
const AT_A_TIME = 10;
const LONGEST = 2560; // pixels: what the server keeps
const SMALL = 1_000_000; // bytes that are not worth making fewer
const MOST = 15 * 1024 * 1024;

const queues = new WeakMap(); // form → what waits, what is under way, what arrived and was refused since it was idle
const queue_of = (form) => {
  if (!queues.has(form)) queues.set(form, { waiting: [], running: new Set(), sent: [], refused: 0 });
  return queues.get(form);
};

const say = (text) => document.dispatchEvent(new CustomEvent("florist:say", { detail: text }));

/* --- Smaller before sending: upright, and without what the camera wrote about the place ----------------------------- */

let shrinking = Promise.resolve(); // one at a time: a telephone has little memory

function smaller(file) {
  if (file.size < SMALL || !file.type.startsWith("image/")) return file;
  const mine = shrinking.then(() => shrink(file)).catch(() => file); // what is broken or unknown here the server judges
  shrinking = mine;
  return mine;
}

async function shrink(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  const ground = canvas.getContext("2d");
  ground.imageSmoothingQuality = "high";
  ground.fillStyle = "white";
  ground.fillRect(0, 0, canvas.width, canvas.height);
  ground.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
  if (!blob || blob.size >= file.size) return file;
  return new File([blob], `${file.name.replace(/\.\w+$/, "")}.jpg`, { type: "image/jpeg" });
}

/* --- One picture, its row ------------------------------------------------------------------------------------------- */

function key_of_its_own() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function add_row(form, file) {
  const row = form.querySelector("template[data-upload]").content.firstElementChild.cloneNode(true);
  const job = { form, file, row, key: key_of_its_own(), xhr: null, photo: null };
  const picture = row.querySelector("img");
  const shown = /^image\/(jpeg|png|webp)$/.test(file.type);
  picture.hidden = !shown;
  if (shown) picture.src = URL.createObjectURL(file);
  picture.addEventListener("load", () => URL.revokeObjectURL(picture.src));
  picture.addEventListener("error", () => { picture.hidden = true; });
  row.querySelector("b").textContent = file.name;
  row.querySelector("progress").setAttribute("aria-label", file.name);
  const away = row.querySelector("[data-away]");
  away.setAttribute("aria-label", `${away.dataset.label}: ${file.name}`);
  away.addEventListener("click", () => put_away(job));
  row.querySelector("[data-again]").addEventListener("click", () => {
    enqueue(job);
    away.focus();
  });
  form.querySelector("[data-uploads]").append(row);
  return job;
}

function tell(job, text, { refused = false, again = false } = {}) {
  const note = job.row.querySelector("[data-note]");
  note.textContent = text;
  note.className = refused ? "danger-text" : "";
  job.row.querySelector("progress").hidden = refused;
  job.row.querySelector("[data-again]").hidden = !again;
}

function put_away(job) {
  const { form, row, xhr } = job;
  const queue = queue_of(form);
  const next = row.nextElementSibling?.querySelector("[data-away]") ?? form.querySelector("input[type=file][id$=_files]");
  queue.waiting = queue.waiting.filter((other) => other !== job);
  job.gone = true;
  xhr?.abort();
  row.remove();
  next?.focus();
}

/* --- The queue ------------------------------------------------------------------------------------------------------ */

function take(form, files) {
  if (!files.length) return;
  const most = form.dataset.one === undefined ? AT_A_TIME : 1;
  for (const [place, file] of files.entries()) {
    const job = add_row(form, file);
    if (place < most) enqueue(job);
    else tell(job, most === 1 ? form.dataset.single : form.dataset.many, { refused: true, again: true });
  }
}

function enqueue(job) {
  tell(job, "");
  job.row.querySelector("progress").value = 0;
  queue_of(job.form).waiting.push(job);
  pump(job.form);
}

function pump(form) {
  const queue = queue_of(form);
  while (queue.waiting.length && queue.running.size < AT_ONCE) {
    const job = queue.waiting.shift();
    queue.running.add(job);
    if (!queue.sent.includes(job)) queue.sent.push(job); // in the order they were chosen
    carry(job).finally(() => {
      queue.running.delete(job);
      pump(form);
      if (!queue.running.size && !queue.waiting.length) finish(form);
    });
  }
}

async function carry(job) {
  const { form } = job;
  const file = await smaller(job.file);
  if (job.gone) return;
  if (file.size > MOST) {
    tell(job, form.dataset.large, { refused: true });
    return;
  }
  const { status, answer } = await send(job, file);
  if (job.gone) return;
  if (answer?.photos?.length) {
    [job.photo] = answer.photos;
    job.row.querySelector("progress").value = 1;
    tell(job, form.dataset.done);
  } else if (answer) {
    tell(job, answer.refusals.join(" "), { refused: true, again: status !== 422 });
  } else {
    tell(job, status === 401 ? form.dataset.left : form.dataset.broken, { refused: true, again: true });
    if (status === 401) window.htmx?.ajax("GET", form.dataset.page, { source: form, swap: "none" }); // again.js asks for the password
  }
}

function send(job, file) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const bar = job.row.querySelector("progress");
    const fields = new FormData(job.form);
    fields.set("photos", file, file.name);
    fields.set("key", job.key); // sent again, it is still the same photo
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = event.loaded / event.total;
    });
    request.upload.addEventListener("load", () => tell(job, job.form.dataset.waiting));
    request.addEventListener("load", () => {
      let answer = null;
      try {
        answer = JSON.parse(request.responseText);
      } catch { /* the server's own page of error, or of log-in */ }
      resolve({ status: request.status, answer });
    });
    for (const end of ["error", "abort", "timeout"]) request.addEventListener(end, () => resolve({ status: 0, answer: null }));
    request.open("POST", job.form.action);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("HX-Request", "true"); // an ended session is answered as to htmx: by 401
    request.send(fields);
    job.xhr = request;
  });
}

async function finish(form) {
  const queue = queue_of(form);
  const done = queue.sent.filter((job) => job.photo !== null && !job.gone);
  const refused = queue.sent.filter((job) => job.photo === null && !job.gone).length;
  queue.sent = [];
  if (done.length + refused === 0) return;
  say(form.dataset.counted.replace("{done}", done.length).replace("{refused}", refused));
  for (const input of form.querySelectorAll("input[type=file]")) input.value = "";
  if (!done.length || !(await refresh(form))) return;
  for (const job of done) job.row.remove();
  put_in_order(form, done.map((job) => String(job.photo)));
}

/* The photos as the server has them now. Forms stay: others may be under way in them. */
async function refresh(form) {
  let fresh = null;
  try {
    const answer = await fetch(form.dataset.page, { credentials: "same-origin" });
    fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("photos");
  } catch { /* told below by what is not there */ }
  const old = document.getElementById("photos");
  if (!fresh || !old) return false;
  const focus = document.activeElement?.id;
  for (const successor of fresh.querySelectorAll("form[data-photos]")) {
    const kept = document.getElementById(successor.id);
    if (kept) successor.replaceWith(kept);
  }
  old.replaceWith(fresh);
  window.htmx?.process(fresh);
  document.dispatchEvent(new CustomEvent("florist:photos"));
  attach();
  if (focus && document.activeElement === document.body) document.getElementById(focus)?.focus();
  return true;
}

/* Three at a time arrive in any order; they are to stand in the one in which they were chosen. */
function put_in_order(form, chosen) {
  if (!form.dataset.order || chosen.length < 2) return;
  const was = [...document.querySelectorAll("#photos [data-photo]")].map((item) => item.dataset.photo);
  const mine = chosen.filter((key) => was.includes(key));
  const wanted = was.map((key) => (mine.includes(key) ? null : key));
  for (const key of mine) wanted[wanted.indexOf(null)] = key;
  if (wanted.join() === was.join()) return;
  window.htmx?.ajax("POST", form.dataset.order, {
    target: "#photos", swap: "outerHTML", values: { order: wanted.join(), was: was.join() },
  });
}

/* --- Where they come from ------------------------------------------------------------------------------------------- */

const brings_files = (event) => event.dataTransfer?.types?.includes("Files");

function attach() {
  for (const form of document.querySelectorAll("form[data-photos]:not([data-ready])")) {
    form.dataset.ready = "yes";
    form.querySelector("[data-send]").hidden = true;
    for (const input of form.querySelectorAll("input[type=file]")) {
      input.addEventListener("change", () => take(form, [...input.files]));
    }
    const zone = form.querySelector(".drop-zone");
    zone.addEventListener("dragover", () => { zone.dataset.over = "yes"; });
    for (const end of ["dragleave", "drop"]) zone.addEventListener(end, () => { delete zone.dataset.over; });
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      take(form, [...event.dataTransfer.files]);
    });
  }
}

attach();
document.addEventListener("htmx:afterSettle", attach);

// A file that misses the zone must not take the place of the page.
for (const name of ["dragover", "drop"]) {
  document.addEventListener(name, (event) => {
    if (brings_files(event) && document.querySelector("form[data-photos]")) event.preventDefault();
  });
}

document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
  const here = document.activeElement?.closest?.("form[data-photos]");
  const form = here ?? document.querySelector("form[data-photos][data-paste]");
  const typing = event.target.closest?.("input:not([type=file]), textarea") && event.clipboardData?.types.includes("text/plain");
  if (!form || !files.length || typing) return;
  event.preventDefault();
  take(form, files);
  form.scrollIntoView({ block: "nearest" });
});

window.addEventListener("beforeunload", (event) => {
  const busy = [...document.querySelectorAll("form[data-photos]")].some((form) => queue_of(form).running.size);
  if (busy) event.preventDefault();
});
