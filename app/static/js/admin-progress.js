// While a restock runs, the page asks how far it is and loads itself again when it is over.

const SECONDS_BETWEEN = 1.5;

// Pictures take the longest, and are the only part whose end can be foreseen.
function showBar(bar, { done, total }) {
  bar.hidden = !(total > 0);
  if (bar.hidden) return;
  bar.max = total;
  bar.value = done;
}

async function look(box) {
  try {
    const reply = await fetch(box.dataset.restock, { headers: { Accept: "application/json" } });
    const told = await reply.json();
    if (reply.ok && told.state !== "running") {
      location.replace(location.pathname);
      return;
    }
    showBar(box.querySelector("[data-bar]"), told);
    if (told.step) box.querySelector("[data-step]").textContent = told.step;
  } catch {
    // The server was away for a moment; ask again.
  }
  setTimeout(() => look(box), SECONDS_BETWEEN * 1000);
}

document.querySelectorAll("[data-restock]").forEach((box) => setTimeout(() => look(box), SECONDS_BETWEEN * 1000));
