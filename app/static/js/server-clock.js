// The server's clock, for what counts down, and whether this page has just come from the server.
//
// A page on which nothing has changed is not sent again: the browser shows the one it has, which was written earlier.
// What was learned from the last page that came then says how far the server's clock is ahead of ours.

const NAME = "infinity-clock";

// A page that was not sent again took fewer bytes on the way than it has.
function hasCome() {
  const [load] = performance.getEntriesByType("navigation");
  return load?.transferSize === undefined || load.transferSize > load.encodedBodySize;
}

export const isFromServer = hasCome();

function learn() {
  const now = new Date(globalThis.document?.body.dataset.now ?? NaN);
  try {
    if (isFromServer && !Number.isNaN(now.getTime())) localStorage.setItem(NAME, String(now - Date.now()));
    return Number(localStorage.getItem(NAME)) || 0;
  } catch {
    // Storage is closed to us: the page's own time, or our clock.
    return isFromServer ? now - Date.now() || 0 : 0;
  }
}

const ahead = learn();

// Milliseconds from now until a moment of the server's clock.
export const untilMoment = (moment) => new Date(moment) - Date.now() - ahead;
