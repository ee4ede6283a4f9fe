/* The session has ended: the password is asked for in a dialog over the page, then what was refused is sent again. */

const dialog = document.getElementById("again");
const waiting = new Map(); // element → how to send its request again
let dismissed = false;

async function ask() {
  if (dialog.open) return;
  await window.htmx.ajax("GET", dialog.dataset.login, { target: "#again_body", swap: "innerHTML" });
  if (dialog.open || !document.getElementById("again_send")) return;
  dialog.showModal();
}

// Who is out has no language of their own any more; the form speaks as the page does.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.target.id === "again_body") event.detail.headers["Accept-Language"] = document.documentElement.lang;
});

document.addEventListener("htmx:responseError", (event) => {
  const { xhr, requestConfig, etc, target } = event.detail;
  if (dialog?.contains(requestConfig.elt) && xhr.status === 429) {
    document.getElementById("again_body").textContent = dialog.dataset.locked;
    return;
  }
  if (xhr.status !== 401) return;
  if (!dialog) {
    window.location.reload();
    return;
  }
  const { elt, verb, path, formData, triggeringEvent } = requestConfig;
  const by_person = verb !== "get" || triggeringEvent?.isTrusted;
  if (!by_person && dismissed) return; // a page that asks by itself does not insist
  waiting.set(elt, () => window.htmx.ajax(verb, path, { source: elt, target, values: formData, swap: etc.swapOverride }));
  ask();
});

dialog?.addEventListener("close", () => {
  dismissed = waiting.size > 0;
  waiting.clear();
});

document.addEventListener("florist:in-again", (event) => {
  if (event.detail.user !== dialog.dataset.user) {
    window.location.reload(); // somebody else: the page was drawn for another person
    return;
  }
  const token = document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]*)/)?.[1];
  for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) if (token) field.value = token;
  const again = [...waiting];
  waiting.clear();
  dialog.close();
  for (const [element, send] of again) if (element.isConnected) send();
});
