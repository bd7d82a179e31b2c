// One switch for all folded code; without it, each piece still opens by itself.
const button = document.getElementById("all-code");
button.hidden = false;
button.addEventListener("click", () => {
  const open = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(open));
  document.querySelectorAll("details.code").forEach((piece) => { piece.open = open; });
});
if (matchMedia("(max-width: 1180px)").matches) document.querySelector(".contents details").open = false;
