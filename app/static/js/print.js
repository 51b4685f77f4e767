// The printable page's one button.

const button = document.querySelector("[data-print]");
button.addEventListener("click", () => print());
button.hidden = false;
