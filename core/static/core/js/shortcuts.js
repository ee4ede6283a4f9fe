/* Keys, by their place on the keyboard (event.code), so that they work in every layout. What a key does stands in the
   page: data-keys on a link, button or field presses or focuses it, data-focus-keys only focuses it, data-row marks the
   link of a row. The table people read is core/shortcuts.py. */

const SEQUENCE_MS = 1500;
const editable = (element) =>
  element.isContentEditable || element.matches("input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea, select");
const menu_open = () => document.querySelector("details[data-menu][open]");
const dialog_open = () => document.querySelector("dialog[open]");

/* --- Forms: Ctrl+Enter and Ctrl+S save the form one is in ---------------------------------------------------------- */

function save(event) {
  const form = event.target.closest?.("form");
  if (!form || form.method !== "post") return;
  event.preventDefault();
  const buttons = [...form.elements].filter((element) => element.type === "submit" && !element.disabled);
  const button = buttons.find((element) => element.matches(".primary")) ?? (buttons.length === 1 ? buttons[0] : null);
  if (button) form.requestSubmit(button);
}

/* --- Rows: J and K, with a row in focus also the arrows; X selects -------------------------------------------------- */

const rows = () => [...document.querySelectorAll("main [data-row]")].filter((row) => row.checkVisibility?.() ?? true);
const row_of = (element) => element.closest?.("tr, li")?.querySelector("[data-row]");
const tick_of = (row) => row?.closest("tr, li").querySelector("[type=checkbox]");
let last_ticked = null;

function step(by) {
  const all = rows();
  const at = all.indexOf(row_of(document.activeElement));
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return Boolean(next);
}

function tick(row, on) {
  const box = tick_of(row);
  if (!box || box.checked === on) return;
  box.checked = on;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

function select(range) {
  const row = row_of(document.activeElement);
  if (!tick_of(row)) return false;
  const all = rows();
  if (range && all.includes(last_ticked)) {
    const [from, to] = [all.indexOf(last_ticked), all.indexOf(row)].sort((a, b) => a - b);
    for (const other of all.slice(from, to + 1)) tick(other, true);
  } else {
    tick(row, !tick_of(row).checked);
    last_ticked = row;
  }
  return true;
}

function clear_selection() {
  for (const box of document.querySelectorAll("main table [type=checkbox]:checked")) {
    box.checked = false;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

/* --- Views: V goes to them, 1 to 9 opens one ------------------------------------------------------------------------ */

const views = () => [...(document.querySelector("main .views")?.querySelectorAll("a") ?? [])];

function view(number) {
  views()[number - 1]?.click();
  return number <= views().length;
}

function to_views() {
  const target = views().find((link) => link.hasAttribute("aria-current")) ?? views()[0];
  target?.focus();
  return Boolean(target);
}

/* --- Places named by the page ---------------------------------------------------------------------------------------- */

function press(keys) {
  const target = document.querySelector(`[data-keys="${keys}"]:not(:disabled)`);
  if (target?.matches("input, select, textarea")) target.focus();
  else target?.click();
  if (target?.matches("summary")) target.focus();
  const wanted = target ?? document.querySelector(`[data-focus-keys="${keys}"]`);
  if (!target) wanted?.focus();
  return Boolean(wanted);
}

const starts_sequence = (keys) => document.querySelector(`[data-keys^="${keys} "]`);

let begun = "";
let begun_at = 0;

function act(stroke) {
  const sequence = begun && performance.now() - begun_at < SEQUENCE_MS ? `${begun} ${stroke}` : "";
  begun = "";
  if (sequence) return press(sequence);
  if (starts_sequence(stroke)) {
    [begun, begun_at] = [stroke, performance.now()];
    return true;
  }
  if (stroke === "KeyJ") return step(1);
  if (stroke === "KeyK") return step(-1);
  if (["ArrowDown", "ArrowUp"].includes(stroke)) {
    return document.activeElement.matches("[data-row]") && step(stroke === "ArrowDown" ? 1 : -1);
  }
  if (stroke === "KeyX" || stroke === "Shift+KeyX") return select(stroke !== "KeyX");
  if (stroke === "KeyV") return to_views();
  if (/^Digit[1-9]$/.test(stroke)) return view(Number(stroke.at(-1)));
  return press(stroke);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  if (event.ctrlKey || event.metaKey) {
    if (!event.repeat && ["Enter", "NumpadEnter", "KeyS"].includes(event.code)) save(event);
    return;
  }
  if (event.code === "Escape" && !dialog_open() && !menu_open() && !editable(event.target)) clear_selection();
  if (document.body.dataset.shortcuts === "off" || dialog_open() || editable(event.target)) return;
  if (!/^(Key[A-Z]|Digit[1-9]|Slash|Bracket(Left|Right)|Arrow(Down|Up))$/.test(event.code) && !"/?".includes(event.key)) return;
  if (event.repeat && !/^(KeyJ|KeyK|Arrow)/.test(event.code)) return;
  let stroke = (event.shiftKey ? "Shift+" : "") + event.code;
  if (event.key === "/") stroke = "Slash"; // layouts that have these signs elsewhere
  if (event.key === "?") stroke = "Shift+Slash";
  if (act(stroke)) event.preventDefault();
}, { capture: true });
