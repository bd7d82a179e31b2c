// One switch for all folded code; without it, each piece still opens by itself.
const button = document.getElementById("all-code");
if (button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(open));
    document.querySelectorAll("details.code").forEach((piece) => { piece.open = open; });
  });
}
const contents = document.querySelector(".contents details");
if (contents && matchMedia("(max-width: 1180px)").matches) contents.open = false;

// A link to something that is folded away opens what it is in.
const reveal = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let around = target.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
  target.scrollIntoView();
};
addEventListener("hashchange", reveal);
reveal();
