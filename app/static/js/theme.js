// Runs in the head, before anything is painted: what the reader chose about colours and artwork goes onto <html>.
// Without a choice nothing is set, and the style sheets follow the system's own wishes.
(() => {
  const allowed = { theme: ["light", "dark"], art: ["on", "off"] };
  for (const name of Object.keys(allowed)) {
    try {
      const chosen = localStorage.getItem(`infinity-${name}`);
      if (allowed[name].includes(chosen)) document.documentElement.dataset[name] = chosen;
    } catch {
      // Storage is closed to us (private window, blocked cookies): the system's wishes stand.
    }
  }
})();
