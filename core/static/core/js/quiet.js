/* Parts that ask the server by themselves (data-quiet): only while somebody looks at the page, and without a word when
   the network or the server fails; the next turn asks again. An ended session is again.js's matter. */

const is_quiet = (event) => event.detail.elt?.matches?.("[data-quiet]");

document.addEventListener("htmx:beforeRequest", (event) => {
  if (is_quiet(event) && document.hidden) event.preventDefault();
}, { capture: true });

for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(name, (event) => {
    if (is_quiet(event) && event.detail.xhr?.status !== 401) event.stopImmediatePropagation();
  }, { capture: true });
}
