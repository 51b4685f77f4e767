// The list of puzzles while one types: what does not fit is hidden. Without this the form asks the server.

import { sayCount } from "./words.js";

// Over a fresh copy of the page, what was typed stays.
let wanted = { words: "", isUnsolved: false };

// As the server compares titles: without case, marks and spare spaces.
export const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().split(/\s+/u).filter(Boolean).join(" ");

function fits(card, { words, isUnsolved }) {
  if (isUnsolved && "passed" in card.dataset) return false;
  return plain(card.querySelector(".card-title").textContent).includes(plain(words));
}

function show(place) {
  const cards = [...document.querySelectorAll(".cards .card")];
  const shown = cards.filter((card) => fits(card, wanted));
  cards.forEach((card) => (card.closest("li").hidden = !shown.includes(card)));
  const isAny = wanted.words.trim() !== "" || wanted.isUnsolved;
  for (const fold of document.querySelectorAll("details.folded")) {
    const fitting = shown.filter((card) => fold.contains(card)).length;
    fold.hidden = isAny && fitting === 0;
    if (wanted.words.trim() !== "" && fitting > 0) fold.open = true;
  }
  place.textContent = isAny ? sayCount("{count} puzzle fits", "{count} puzzles fit", shown.length) : "";
}

export function startListSearch(root = document) {
  const form = root.querySelector("[data-list-search]");
  // A list that the server has filtered holds not enough to search in.
  if (!form || "served" in form.dataset) return;
  const [words, unsolved, place] = ["[data-list-words]", "[data-list-unsolved]", "[data-list-shown]"].map((one) => form.querySelector(one));
  if (wanted.words) words.value = wanted.words;
  if (wanted.isUnsolved) unsolved.checked = true;
  const follow = () => {
    wanted = { words: words.value, isUnsolved: unsolved.checked };
    show(place);
  };
  form.addEventListener("input", follow);
  if (words.value || unsolved.checked) follow();
}
