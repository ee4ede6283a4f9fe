/* The palette: a combobox over the results of the search everywhere. Without this file the field of the top bar is a
   plain form that leads to the page of results. */

const dialog = document.getElementById("palette");
const input = document.getElementById("palette_text");
const results = document.getElementById("palette_results");
let shown_for = ""; // the text the rows stand for
let in_a_hurry = false; // Enter was pressed before the rows for the text were there

const options = () => [...results.querySelectorAll("[role=option]")];
const chosen = () => document.getElementById(input.getAttribute("aria-activedescendant") ?? "");

function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  if (!option) {
    input.removeAttribute("aria-activedescendant");
    return;
  }
  option.setAttribute("aria-selected", "true");
  input.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function open() {
  if (document.querySelector("dialog[open]")) return;
  dialog.showModal();
  in_a_hurry = false;
  input.focus();
  input.select();
}

function go() {
  const target = chosen() ?? options()[0];
  if (target && input.value.trim()) target.click();
  else if (chosen()) chosen().click();
}

function keydown(event) {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const rows = options();
  const at = rows.indexOf(chosen());
  const moves = {
    ArrowDown: () => rows[(at + 1) % rows.length],
    ArrowUp: () => rows[(at <= 0 ? rows.length : at) - 1],
    Home: () => rows[0],
    End: () => rows.at(-1),
  };
  // Home and End belong to the text until a row is chosen.
  if (event.key in moves && rows.length && (at >= 0 || event.key.startsWith("Arrow"))) {
    event.preventDefault();
    choose(moves[event.key]());
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (chosen() || input.value === shown_for) go();
    else in_a_hurry = true;
  }
}

if (dialog) {
  input.addEventListener("keydown", keydown);
  input.addEventListener("input", () => { choose(null); in_a_hurry = false; });

  results.addEventListener("htmx:afterSwap", (event) => {
    shown_for = event.detail.requestConfig.parameters.q ?? "";
    input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-expanded", String(options().length > 0));
    if (in_a_hurry && shown_for === input.value) {
      in_a_hurry = false;
      go();
      return;
    }
    const said = document.getElementById("palette_said").textContent.trim();
    document.dispatchEvent(new CustomEvent("florist:say", { detail: said }));
  });

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-palette]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });

  document.addEventListener("keydown", (event) => {
    if (event.code !== "KeyK" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else open();
  });
}
