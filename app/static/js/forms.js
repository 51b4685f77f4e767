// What plain forms gain from a script: sent once however often one clicks, passwords to be looked at, a way to the error.

function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    event.submitter?.setAttribute("aria-disabled", "true");
  });
}

// A page that comes back from the browser's memory must be usable again.
function allowAgain() {
  document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.querySelectorAll("[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
  });
}

function startReveal(button) {
  const box = document.getElementById(button.dataset.reveal);
  if (!box) return;
  button.addEventListener("click", () => {
    const isShown = box.type === "password";
    box.type = isShown ? "text" : "password";
    button.setAttribute("aria-pressed", String(isShown));
  });
  button.hidden = false;
}

export function startForms(root = document) {
  root.querySelectorAll("form[method=post]:not([data-guess-form])").forEach(sendOnce);
  root.querySelectorAll("[data-reveal]").forEach(startReveal);
  root.querySelector("[data-summary]")?.focus();
  addEventListener("pageshow", (event) => event.persisted && allowAgain());
}
