/* Cards move by drag and by the keys [ and ]; the menu of a card works without this file. */

function move(card, status) {
  const board = document.getElementById("board");
  if (!status || status === card.dataset.status || card.dataset.sent) return;
  card.dataset.sent = "yes"; // a second press while the first is on its way
  window.htmx
    .ajax("POST", card.dataset.card, {
      source: card,
      target: "#board",
      swap: "outerHTML",
      values: { status, version: card.dataset.version, view: board.dataset.view },
    })
    .finally(() => { delete card.dataset.sent; });
}

let dragged = null;

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-card]");
  if (dragged) event.dataTransfer.effectAllowed = "move";
});

document.addEventListener("dragend", () => {
  dragged = null;
  for (const column of document.querySelectorAll("[data-over]")) delete column.dataset.over;
});

document.addEventListener("dragover", (event) => {
  const column = dragged && event.target.closest("[data-column]");
  if (!column) return;
  event.preventDefault();
  for (const other of document.querySelectorAll("[data-over]")) if (other !== column) delete other.dataset.over;
  column.dataset.over = "yes";
});

document.addEventListener("drop", (event) => {
  const column = dragged && event.target.closest("[data-column]");
  if (!column) return;
  event.preventDefault();
  move(dragged, column.dataset.column);
});

// By the place of the key, so that it works in the Russian layout too.
document.addEventListener("keydown", (event) => {
  if (document.body.dataset.shortcuts === "off" || document.querySelector("dialog[open]")) return;
  if (event.ctrlKey || event.metaKey || event.altKey || !["BracketLeft", "BracketRight"].includes(event.code)) return;
  const card = event.target.closest?.("[data-card][draggable]");
  if (!card) return;
  event.preventDefault();
  move(card, event.code === "BracketRight" ? card.dataset.onward : card.dataset.backTo);
});
