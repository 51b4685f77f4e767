// The switches in the menu: dark mode, background art, found answers. A choice is remembered until it agrees with what
// stands without one: the system's wish, and for found answers that they are shown.

const wishes = {
  theme: { on: "dark", off: "light", query: "(prefers-color-scheme: dark)", inverted: false },
  art: { on: "on", off: "off", query: "(prefers-reduced-motion: reduce), (prefers-contrast: more)", inverted: true },
  answers: { on: "on", off: "off", query: "all", inverted: false },
};

function systemWish({ query, inverted, on, off }) {
  return matchMedia(query).matches !== inverted ? on : off;
}

function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(`infinity-${name}`);
    else localStorage.setItem(`infinity-${name}`, value);
  } catch {
    // Not remembered, but still done on this page.
  }
}

function startToggle(button) {
  const name = button.dataset.toggle;
  const wish = wishes[name];
  const root = document.documentElement;
  const current = () => root.dataset[name] ?? systemWish(wish);
  const show = () => button.setAttribute("aria-pressed", String(current() === wish.on));
  button.addEventListener("click", () => {
    const next = current() === wish.on ? wish.off : wish.on;
    const isSystems = next === systemWish(wish);
    if (isSystems) delete root.dataset[name];
    else root.dataset[name] = next;
    remember(name, isSystems ? null : next);
    show();
  });
  matchMedia(wish.query).addEventListener("change", show);
  show();
  button.hidden = false;
}

// Lists of puzzles as cards or as a table. Without a script the choice holds for the page.
function startListView(radio) {
  const root = document.documentElement;
  radio.checked = (root.dataset.list ?? "cards") === radio.value;
  radio.addEventListener("change", () => {
    root.dataset.list = radio.value;
    remember("list", radio.value === "table" ? "table" : null);
  });
}

export function startAppearance(root = document) {
  root.querySelectorAll("[data-toggle]").forEach(startToggle);
  root.querySelectorAll("[data-list-view]").forEach(startListView);
}
