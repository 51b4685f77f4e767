// Pictures chosen, dragged or pasted for a text are sent to the server, and their name is written where the cursor is.

import { say } from "./words.js";

const PATIENCE = 60000;

async function send(form, file) {
  const fields = new FormData();
  fields.append("csrf_token", form.elements.csrf_token.value);
  fields.append("file", file, file.name || "picture.png");
  const reply = await fetch(form.dataset.files, {
    method: "POST",
    headers: { Accept: "application/json", "X-CSRFToken": form.elements.csrf_token.value },
    body: fields,
    credentials: "same-origin",
    redirect: "error",
    signal: AbortSignal.timeout(PATIENCE),
  });
  const found = await reply.json();
  if (!reply.ok) throw new Error(found.error?.message ?? String(reply.status));
  return found.name;
}

// A browser's own words for a lost line say nothing to a writer; an answer that is no JSON is some proxy's.
function reason(error) {
  return error.name === "Error" ? error.message : say("the connection was lost. Add it again when it’s back.");
}

// A box in which nobody has set the cursor yet takes the picture at its end.
const entered = new WeakSet();

function insert(box, words) {
  const [at, to] = entered.has(box) ? [box.selectionStart, box.selectionEnd] : [box.value.length, box.value.length];
  const before = box.value.slice(0, at);
  const lead = before && !before.endsWith("\n") ? "\n\n" : "";
  box.setRangeText(`${lead}${words}\n`, at, to, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

async function take(form, box, files) {
  const place = form.querySelector("[data-saved-words]");
  for (const file of files) {
    place.textContent = say("Sending {name} …", { name: file.name });
    try {
      const name = await send(form, file);
      insert(box, `![${file.name.replace(/\.[^.]*$/, "").replace(/[[\]]/g, "")}](asset:${name})`);
      place.textContent = say("{name} is stored. Describe it between the brackets for those who can’t see it.", { name });
    } catch (error) {
      place.textContent = say("{name} was not sent: {why}", { name: file.name, why: reason(error) });
    }
  }
}

export function startPictures(form) {
  form.querySelectorAll("[data-markdown]").forEach((box) => {
    box.addEventListener("focus", () => entered.add(box));
    if (document.activeElement === box) entered.add(box);
    const files = (event) => [...((event.dataTransfer ?? event.clipboardData)?.files ?? [])];
    box.addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      box.classList.add("is-dropping");
    });
    box.addEventListener("dragleave", () => box.classList.remove("is-dropping"));
    for (const kind of ["drop", "paste"]) {
      box.addEventListener(kind, (event) => {
        box.classList.remove("is-dropping");
        const found = files(event);
        if (!found.length) return;
        event.preventDefault();
        take(form, box, found);
      });
    }
  });
  form.querySelectorAll("[data-add-picture]").forEach((choice) => {
    choice.closest(".add-picture").hidden = false;
    choice.addEventListener("change", async () => {
      await take(form, document.getElementById(choice.dataset.addPicture), [...choice.files]);
      choice.value = "";
    });
  });
}
