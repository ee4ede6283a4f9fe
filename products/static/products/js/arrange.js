/* Dragging: photos into their order, categories to their place in the tree. With mouse, pen or finger, by the handle; a
   photo with the mouse anywhere. Escape lets go. What is sent is what the buttons and menus send too. */

const SLACK = 6; // pixels a press may shake before it is a drag
const EDGE = 64; // pixels from the window's edge where the page begins to scroll

let drag = null;

const say = (text) => document.dispatchEvent(new CustomEvent("florist:say", { detail: text }));

document.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || drag) return;
  const grip = event.target.closest("[data-handle]")
    ?? (event.pointerType === "mouse" ? event.target.closest("[data-arrange] figure") : null);
  const item = grip?.closest("[data-photo], [data-category]");
  const list = item?.closest("[data-arrange], [data-tree]");
  if (!list) return;
  const kind = list.dataset.tree === undefined ? photos : tree;
  drag = { item, list, kind, id: event.pointerId, x: event.clientX, y: event.clientY, begun: false, state: null };
  if (event.target.closest("[data-handle]")) event.preventDefault();
});

document.addEventListener("pointermove", (event) => {
  if (event.pointerId !== drag?.id) return;
  if (!drag.begun) {
    if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < SLACK) return;
    drag.begun = true;
    drag.item.dataset.dragging = "yes";
    drag.state = drag.kind.begin(drag);
  }
  drag.x = event.clientX;
  drag.y = event.clientY;
  drag.kind.over(drag);
  scroll_at_edge();
});

function scroll_at_edge() {
  if (!drag?.begun) return;
  const by = drag.y < EDGE ? -12 : drag.y > window.innerHeight - EDGE ? 12 : 0;
  if (!by || drag.scrolling) return;
  drag.scrolling = true;
  requestAnimationFrame(() => {
    if (!drag) return;
    drag.scrolling = false;
    window.scrollBy(0, by);
    drag.kind.over(drag);
    scroll_at_edge();
  });
}

function end(drop) {
  if (!drag) return;
  const ended = drag;
  drag = null;
  if (!ended.begun) return;
  delete ended.item.dataset.dragging;
  ended.kind.end(ended, drop && ended.list.isConnected);
  // The press that ends here is no click on the link under it.
  const swallow = (event) => { event.preventDefault(); event.stopPropagation(); };
  document.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => document.removeEventListener("click", swallow, { capture: true }), 50);
}

document.addEventListener("pointerup", (event) => { if (event.pointerId === drag?.id) end(true); });
document.addEventListener("pointercancel", (event) => { if (event.pointerId === drag?.id) end(false); });
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && drag?.begun) end(false); });
document.addEventListener("dragstart", (event) => { if (event.target.closest?.("[data-arrange] figure")) event.preventDefault(); });

function send(url, target, values) {
  const swap = "outerHTML";
  window.htmx.ajax("POST", url, { target, swap, values });
}

/* --- Photos: the others make room while one is dragged ------------------------------------------------------------- */

const keys_of = (list) => [...list.children].map((item) => item.dataset.photo).join();

// The dragged one is never taken out of the page, or a finger would lose it: the others go past it.
function move_to(item, place) {
  const list = item.parentElement;
  const here = () => [...list.children].indexOf(item);
  while (here() < place) item.before(item.nextElementSibling);
  while (here() > place) item.after(item.previousElementSibling);
}

const photos = {
  begin: ({ list, item }) => ({ was: keys_of(list), place: [...list.children].indexOf(item) }),
  over({ list, item, x, y }) {
    const under = document.elementsFromPoint(x, y).map((node) => node.closest("[data-photo]"));
    const other = under.find((node) => node && node !== item && node.parentElement === list);
    if (other) move_to(item, [...list.children].indexOf(other));
  },
  end({ list, item, state }, drop) {
    if (!drop) move_to(item, state.place);
    const order = keys_of(list);
    if (order !== state.was) send(list.dataset.arrange, "#photos", { order, was: state.was });
  },
};

/* --- The tree: a line shows where it would stand, a word why it can't ------------------------------------------------ */

const level = (row) => Number(row.dataset.level);

function under(row) {
  const found = [];
  for (let next = row.nextElementSibling; next && level(next) > level(row); next = next.nextElementSibling) found.push(next);
  return found;
}

function parent_of(row) {
  let above = row.previousElementSibling;
  while (above && level(above) >= level(row)) above = above.previousElementSibling;
  return above;
}

function next_of(row) {
  let next = row.nextElementSibling;
  while (next && level(next) > level(row)) next = next.nextElementSibling;
  return next && level(next) === level(row) ? next : null;
}

/* Where the pointer points: the row that shows it and how, the parent and what comes behind it there. */
function target_at({ list, y }) {
  const rows = [...list.children];
  const last = rows.at(-1);
  if (y > last.getBoundingClientRect().bottom) return { row: last, how: "last", parent: null, before: null };
  const row = rows.find((each) => y <= each.getBoundingClientRect().bottom) ?? last;
  const box = row.getBoundingClientRect();
  const share = (y - box.top) / box.height;
  if (share < 0.3) return { row, how: "before", parent: parent_of(row), before: row };
  if (share < 0.7) return { row, how: "into", parent: row, before: null };
  const [child] = under(row);
  if (child) return { row, how: "first", parent: row, before: child };
  return { row, how: "after", parent: parent_of(row), before: next_of(row) };
}

function why_not({ item, list, state }, { parent }) {
  if (parent && (parent === item || state.own.includes(parent))) return list.dataset.inside;
  const deep = (parent ? level(parent) : 0) + state.height;
  return deep > 3 ? list.dataset.deep : "";
}

function unmark(list) {
  for (const row of list.querySelectorAll("[data-drop]")) delete row.dataset.drop;
}

const tree = {
  begin({ item, list }) {
    const own = under(item);
    const label = document.createElement("p");
    label.className = "drag-label";
    document.body.append(label);
    for (const row of own) row.dataset.dragging = "yes";
    const height = Math.max(level(item), ...own.map(level)) - level(item) + 1;
    return { own, label, height, name: item.querySelector("a").textContent, target: null, why: "", list };
  },
  over(now) {
    const { list, state, x, y } = now;
    unmark(list);
    state.target = target_at(now);
    const why = why_not(now, state.target);
    if (why && why !== state.why) say(why);
    state.why = why;
    state.target.row.dataset.drop = why ? "no" : state.target.how;
    state.label.textContent = why || state.name;
    state.label.dataset.tone = why ? "danger" : "";
    state.label.style.transform = `translate(${Math.min(x + 12, window.innerWidth - state.label.offsetWidth - 8)}px, ${y + 12}px)`;
  },
  end({ item, list, state }, drop) {
    unmark(list);
    state.label.remove();
    for (const row of state.own) delete row.dataset.dragging;
    const { target, why } = state;
    if (!drop || !target || why || target.row === item) return;
    send(item.dataset.place, "#list", {
      parent: target.parent?.dataset.category ?? "", before: target.before?.dataset.category ?? "",
    });
  },
};
