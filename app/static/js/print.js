// The printable page: its one button, and wide tables for those who read it on the screen.

import { startWide } from "./wide.js";

const button = document.querySelector("[data-print]");
button.addEventListener("click", () => print());
button.hidden = false;
startWide();
