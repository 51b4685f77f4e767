// The form of a message while it is filled in: teams are found by typing, choosing one addresses the message to it, and
// the button names how many will get it. Without this the server asks once before it sends.

import { plain } from "./list-search.js";
import { say } from "./words.js";

const PAUSE = 200; // milliseconds without a change before the server is asked

const form = document.querySelector("form.compose");
const audience = form?.querySelector("#audience");
const boxes = form ? [...form.querySelectorAll('[name="teams"]')] : [];

function startSearch() {
  const search = form.querySelector("[data-team-search]");
  if (!search) return;
  const none = form.querySelector("[data-team-none]");
  search.hidden = false;
  search.addEventListener("input", () => {
    const wanted = plain(search.value);
    const shown = boxes.filter((box) => {
      const line = box.closest("li");
      line.hidden = !box.checked && !plain(line.textContent).includes(wanted);
      return !line.hidden;
    });
    none.hidden = shown.length > 0;
  });
  // Enter in the search chooses the only team that is left.
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const left = boxes.filter((box) => !box.closest("li").hidden && !box.checked);
    if (left.length === 1) left[0].click();
  });
}

function startChoice() {
  form.addEventListener("change", ({ target }) => {
    if (target.name === "teams" && target.checked && audience.value === "") audience.value = "chosen";
    if (target === audience && !["", "chosen"].includes(audience.value)) boxes.forEach((box) => (box.checked = false));
  });
}

function startReach() {
  const url = form.dataset.messageForm;
  if (!url) return;
  const reach = form.querySelector("[data-message-reach]");
  const mail = form.querySelector("[data-message-mail]");
  const button = form.querySelector("[data-message-send]");
  const expected = form.querySelector('[name="expected"]');
  const idle = button.textContent;
  let timer = 0;
  let asked = 0;

  async function ask() {
    asked += 1;
    const mine = asked;
    const query = new URLSearchParams({ audience: audience.value, puzzle: form.querySelector("#puzzle").value });
    boxes.filter((box) => box.checked).forEach((box) => query.append("teams", box.value));
    let found;
    try {
      const reply = await fetch(`${url}?${query}`, { headers: { Accept: "application/json" } });
      found = { isKnown: reply.ok, ...(await reply.json()) };
    } catch {
      found = { isKnown: false, words: "", expected: "" }; // The server asks before it sends.
    }
    if (mine !== asked) return;
    expected.value = found.expected ?? "";
    button.textContent = found.isKnown ? say("Send to {teams}", { teams: found.words }) : idle;
    reach.textContent = found.isKnown ? "" : (found.words ?? "");
    if (mail) mail.textContent = found.mail ?? "";
  }

  function askSoon() {
    expected.value = "";
    button.textContent = idle;
    clearTimeout(timer);
    const isAsked = audience.value !== "" || boxes.some((box) => box.checked);
    if (isAsked) timer = setTimeout(ask, PAUSE);
  }

  form.addEventListener("change", ({ target }) => {
    if (target === audience || target.name === "teams" || target.name === "puzzle") askSoon();
  });
  if (audience.value !== "" || boxes.some((box) => box.checked)) ask();
}

if (form && audience) {
  startSearch();
  startChoice();
  startReach();
}
