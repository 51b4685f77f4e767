// When two guesses are the same to the server: letters and digits of any script count, case and marks do not.

export function normalised(text) {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{Nd}]/gu, "");
}
