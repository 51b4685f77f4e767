// The frame of an author's script: as high as what it shows, and told which colours the reader chose. It runs in a
// sandbox and may send anything: a height within bounds is all that is taken from it.

const LEAST = 60; // pixels
const MOST = 6_000;

function follow(frame, { source, data }) {
  const height = Math.ceil(Number(data?.height));
  if (source !== frame.contentWindow || !(height >= LEAST)) return;
  frame.style.height = `${Math.min(height, MOST) + 2}px`; // with its border
}

function sayTheme(frame) {
  const theme = document.documentElement.dataset.theme ?? "";
  frame.contentWindow?.postMessage({ theme }, "*"); // a sandbox has no origin that could be named
}

export function startFrame(frame) {
  if (!frame) return;
  addEventListener("message", (event) => follow(frame, event));
  frame.addEventListener("load", () => sayTheme(frame));
  new MutationObserver(() => sayTheme(frame)).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  sayTheme(frame);
}
