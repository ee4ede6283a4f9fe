/* What the pages need a script for. Everything here is an addition: without it links and forms still work. */

const find = (selector, root = document) => root.querySelector(selector);
const words = find("#words")?.dataset ?? {};

/* --- Saying things to screen readers: the two live regions of the base template -------------------------------- */

function say(text, urgent = false) {
  const region = find(urgent ? "#alarm" : "#announcer");
  if (!region || !text) return;
  const layer = find("dialog[open]") ?? document.body; // what lies outside an open dialog is not read out
  if (region.parentElement !== layer) layer.append(region);
  region.textContent = "";
  requestAnimationFrame(() => { region.textContent = text; });
}

document.addEventListener("florist:say", (event) => say(event.detail)); // other modules speak through here

/* A notice above the content, for answers that may not replace it. */
function notice(text) {
  const place = find("#page_notice");
  say(text, true);
  if (!place) return;
  const box = document.createElement("div");
  box.className = "notice";
  box.dataset.tone = "danger";
  const words_box = document.createElement("div");
  const line = document.createElement("p");
  line.textContent = text;
  words_box.append(line);
  box.append(words_box);
  place.replaceChildren(box);
  place.scrollIntoView({ block: "nearest" });
}

/* --- htmx: the token, where refusals land, where the focus goes ------------------------------------------------- */

function cookie(name) {
  const pair = document.cookie.split("; ").find((item) => item.startsWith(`${name}=`));
  return pair ? decodeURIComponent(pair.slice(name.length + 1)) : "";
}

document.addEventListener("htmx:configRequest", (event) => {
  const { verb, headers, parameters } = event.detail;
  if (verb === "get") return;
  headers["X-CSRFToken"] = cookie("__Host-csrftoken") || cookie("csrftoken"); // the first under https
  // A log-in in another window has changed the token since the form was drawn.
  if (parameters.csrfmiddlewaretoken) parameters.csrfmiddlewaretoken = headers["X-CSRFToken"];
});

// The server names the place for a refusal that belongs to no form; only then its page may be swapped in.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status >= 400 && event.detail.xhr.getResponseHeader("HX-Retarget")) event.detail.shouldSwap = true;
});

// A suggestion that arrives takes the place of another one, never of what somebody has typed.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target } = event.detail;
  const value = target.dataset?.suggested !== undefined && find("input", target)?.value;
  if (value && value !== target.dataset.suggested) event.detail.shouldSwap = false;
});

document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  if (event.detail.xhr.getResponseHeader("HX-Retarget")) return;
  if (status === 401) return; // again.js asks for the password
  if (status === 403) notice(words.forbidden);
  else if (status === 404 || status === 410) notice(words.gone);
  else notice(words.broken);
});

for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, () => notice(words.offline));

let focused = null;
document.addEventListener("htmx:beforeRequest", () => { focused = document.activeElement?.id || null; });

document.addEventListener("htmx:afterSettle", (event) => {
  const settled = event.target; // what came in; a target that was swapped out as a whole is gone by now
  const target = event.detail.target?.isConnected ? event.detail.target : settled;
  const wanted = settled.matches("[data-focus]") ? settled : find("[data-focus]", settled);
  if (wanted) {
    wanted.focus();
    return;
  }
  if (target.id === "page_notice") {
    say(target.textContent.trim(), true);
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "nearest" });
    return;
  }
  // The control that was pressed may have been replaced by its successor with the same id, or be gone with its row.
  if (document.activeElement && document.activeElement !== document.body) return;
  if (event.detail.elt?.matches?.("[data-quiet]") && !document.getElementById(focused)) return; // nobody asked for it
  const successor = focused && document.getElementById(focused);
  (successor || find("h2[tabindex], h3[tabindex]", target) || find("#page_title"))?.focus();
});

/* --- The tab that is open is to be seen, however many stand before it on a phone -------------------------------------- */

find(".views [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });

/* --- Focus after a full page: the error summary of a refused form ------------------------------------------------ */

find("[data-focus]")?.focus();

/* --- Buttons: busy while their form is on its way, a second press is ignored ------------------------------------- */

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
});

// htmx takes the submit event for itself, so its forms are put to sleep here.
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt;
  if (!form?.matches("form") || event.detail.requestConfig?.verb === "get") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  event.detail.requestConfig?.triggeringEvent?.submitter?.setAttribute("aria-busy", "true");
});

function rest(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
}

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt?.closest("form");
  if (form) rest(form);
});

// A page that comes back from the browser's memory comes back with its buttons asleep.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(rest);
});

/* --- Menus close by Escape, by a press elsewhere and when another opens ------------------------------------------ */

const open_menus = () => document.querySelectorAll("details[data-menu][open]");

document.addEventListener("click", (event) => {
  for (const menu of open_menus()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("focusin", (event) => {
  for (const menu of open_menus()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of open_menus()) {
    menu.open = false;
    find("summary", menu).focus();
  }
});

/* --- What is folded on a phone; elsewhere, and without a script, it stands open --------------------------------------- */

if (matchMedia("(width < 600px)").matches) {
  for (const part of document.querySelectorAll("details[data-folds]")) part.open = false;
}

/* --- Sheets, things that hide themselves, the way back ------------------------------------------------------------ */

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  const sheet = opener && document.getElementById(opener.dataset.opens);
  if (sheet?.showModal) {
    event.preventDefault();
    sheet.showModal();
    find("[autofocus], input:not([type=hidden]), select, h2[tabindex]", sheet)?.focus();
    return;
  }
  if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
  const hider = event.target.closest("[data-hides]");
  if (hider) hider.closest(hider.dataset.hides)?.remove();
  if (event.target.closest("[data-back]") && window.history.length > 1) {
    event.preventDefault();
    window.history.back(); // what was typed is still in the form
  }
  if (event.target.matches("dialog.sheet")) event.target.close(); // the ground behind an open sheet
});

/* --- Steppers: minus and plus beside a quantity -------------------------------------------------------------------- */

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step]");
  const input = button && find("input", button.parentElement);
  if (!input) return;
  const now = Number(input.value.replace(/\s/g, "").replace(",", ".")) || 0;
  const next = Math.max(Number(input.dataset.least ?? 0), now + Number(button.dataset.step));
  const comma = document.documentElement.lang.startsWith("ru");
  input.value = String(Math.round(next * 1000) / 1000).replace(".", comma ? "," : ".");
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
  say(input.value);
});

/* --- Enter in a field that has a button of its own (a scanner ends every code with it) ------------------------------ */

document.addEventListener("keydown", (event) => {
  const button = event.key === "Enter" && !event.isComposing && event.target.dataset?.enter;
  if (!button) return;
  event.preventDefault();
  document.getElementById(button)?.click();
});

/* --- A tick above a table ticks every row of it --------------------------------------------------------------------- */

function show_tick_alls() {
  for (const all of document.querySelectorAll("[data-check-all][hidden]")) all.hidden = false;
}
show_tick_alls();
document.addEventListener("htmx:afterSettle", show_tick_alls);

document.addEventListener("change", (event) => {
  const chosen = event.target.closest(".selectable");
  if (!chosen || event.target.type !== "checkbox") return;
  if (event.target.matches("[data-check-all]")) {
    for (const tick of event.target.closest("table").querySelectorAll("tbody [type=checkbox]")) tick.checked = event.target.checked;
  }
  const ticks = [...chosen.querySelectorAll("tbody [type=checkbox]")];
  const words = ticks[0]?.form?.querySelector("[data-picked]");
  if (words) words.textContent = words.dataset.picked.replace("{picked}", ticks.filter((tick) => tick.checked).length).replace("{all}", ticks.length);
});

/* --- Passwords can be looked at ---------------------------------------------------------------------------------- */

for (const button of document.querySelectorAll("[data-reveals]")) button.hidden = false;

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-reveals]");
  const input = button && find("input", button.parentElement);
  if (!input) return;
  input.type = input.type === "password" ? "text" : "password";
  button.setAttribute("aria-pressed", String(input.type === "text"));
});

/* --- Theme: changes at once, the server remembers it --------------------------------------------------------------- */

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-theme-form]");
  if (!form || !event.submitter) return;
  event.preventDefault();
  const theme = event.submitter.value;
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const button of form.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button === event.submitter));
  }
  const fields = new URLSearchParams(new FormData(form));
  fields.set("theme", theme);
  fetch(form.action, { method: "post", body: fields, redirect: "manual" }).catch(() => notice(words.offline));
}, { capture: true });
