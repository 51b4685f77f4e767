// Runs in the head, before anything is painted: what the reader chose about colours, artwork, found answers and lists goes onto
// <html>. Without a choice nothing is set, and the style sheets follow the system's own wishes. A page that is for paper
// has its colours already.
//
// Also asks the server before a page is shown on the way back: a team's page that the browser has kept may be old, or
// another team's.
(() => {
  const root = document.documentElement;
  if ("asks" in root.dataset) {
    const [load] = performance.getEntriesByType("navigation");
    const ask = () => {
      root.hidden = true;
      location.reload();
    };
    if (load?.type === "back_forward" && !load.transferSize) ask();
    addEventListener("pageshow", (event) => event.persisted && ask());
  }
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
