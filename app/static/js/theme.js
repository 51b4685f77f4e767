// Runs in the head, before anything is painted: what the reader chose about colours, artwork, found answers and lists goes onto
// <html>. Without a choice nothing is set, and the style sheets follow the system's own wishes. A page that is for paper
// has its colours already.
(() => {
  const allowed = { theme: ["light", "dark"], art: ["on", "off"], answers: ["on", "off"], list: ["table"] };
  for (const name of Object.keys(allowed)) {
    try {
      const chosen = localStorage.getItem(`infinity-${name}`);
      const isFree = !(name in document.documentElement.dataset);
      if (isFree && allowed[name].includes(chosen)) document.documentElement.dataset[name] = chosen;
    } catch {
      // Storage is closed to us (private window, blocked cookies): the system's wishes stand.
    }
  }
})();
