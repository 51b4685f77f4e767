// Lists of records by dragging: the numbers follow, and one button saves them. Numbers can be typed, too.

import { say } from "./words.js";

function renumber(list) {
  [...list.querySelectorAll(".order-box")].forEach((box, at) => (box.value = String(at + 1)));
}

function startList(form, list) {
  let dragged = null;
  const words = form.querySelector("[data-order-words]");
  const move = (event) => {
    if (!dragged) return;
    event.preventDefault();
    const over = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-order-line]");
    if (!over || over === dragged || over.parentElement !== list) return;
    const { top, height } = over.getBoundingClientRect();
    list.insertBefore(dragged, event.clientY < top + height / 2 ? over : over.nextSibling);
  };
  const end = () => {
    if (!dragged) return;
    dragged.classList.remove("is-dragged");
    dragged = null;
    renumber(list);
    words.textContent = say("Not saved yet.");
  };
  list.querySelectorAll("[data-order-grip]").forEach((grip) => {
    grip.hidden = false;
    grip.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      dragged = grip.closest("[data-order-line]");
      dragged.classList.add("is-dragged");
    });
  });
  // Not on the grip: it loses the pointer when its line moves.
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", end);
  document.addEventListener("pointercancel", end);
}

document.querySelectorAll("[data-order]").forEach((form) => {
  form.querySelectorAll("[data-order-list]").forEach((list) => startList(form, list));
});
