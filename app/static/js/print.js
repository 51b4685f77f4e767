// The printable pages: their one button, their pictures, and wide tables for those who read it on the screen.

import { startWide } from "./wide.js";

const button = document.querySelector("[data-print]");
button.addEventListener("click", () => print());
button.hidden = false;
// A picture that waits until it is scrolled to would be missing on the paper.
for (const picture of document.images) picture.loading = "eager";
startWide();
