/* The undo bar: said once, pressed by Ctrl+Z. Undoing and putting away are plain forms. */

const SAID = "undo_said"; // in this tab: the key of the last action that was read out, nothing else

function say_once() {
  const bar = document.querySelector("[data-undo]:not([data-undo=''])");
  if (!bar) return;
  try {
    if (sessionStorage.getItem(SAID) === bar.dataset.undo) return;
    sessionStorage.setItem(SAID, bar.dataset.undo);
  } catch { /* a browser that keeps nothing says it on every page */ }
  const region = document.getElementById("announcer");
  const text = bar.querySelector("p").textContent;
  region.textContent = "";
  requestAnimationFrame(() => { region.textContent = text; });
}
say_once();
document.addEventListener("htmx:oobAfterSwap", say_once);

// By the place of the key, so that it works in the Russian layout too; where text is typed, the text is undone.
document.addEventListener("keydown", (event) => {
  if (event.code !== "KeyZ" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
  if (document.body.dataset.shortcuts === "off") return;
  const button = document.getElementById("undo_button");
  const typing = event.target.closest?.("input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable]");
  if (!button || typing || event.repeat || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  button.click();
});
