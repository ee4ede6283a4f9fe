/* Shortcuts of the order form: a found buyer fills two fields, a chip fills the day. Both can be typed as well. */

function fill(name, value) {
  const input = document.querySelector(`#order_form [name="${name}"]`);
  if (!input) return null;
  input.value = value;
  input.dispatchEvent(new Event("change", { bubbles: true })); // the draft listens
  return input;
}

for (const chips of document.querySelectorAll("[data-days]")) chips.hidden = false;

document.addEventListener("click", (event) => {
  const contact = event.target.closest("#contacts_found [data-phone]");
  if (contact) {
    fill("buyer_phone", contact.dataset.phone);
    fill("buyer_name", contact.dataset.name)?.focus();
    document.getElementById("contacts_found").replaceChildren();
  }
  const place = event.target.closest("#last_deliveries button");
  if (place) {
    event.preventDefault();
    const { address, note, name, phone } = place.dataset;
    const fields = { address, courier_note: note, recipient_name: name, recipient_phone: phone };
    for (const [field, value] of Object.entries(fields)) fill(field, value);
    const same = document.querySelector('#order_form [name="same_recipient"]');
    same.checked = place.dataset.same === "on";
    const delivery = document.querySelector('#order_form [name="fulfilment"][value="delivery"]');
    delivery.checked = true;
    delivery.dispatchEvent(new Event("change", { bubbles: true }));
    document.querySelector('#order_form [name="address"]').focus();
  }
  const chip = event.target.closest("[data-day]");
  if (chip) fill("due_on", chip.dataset.day);
});
