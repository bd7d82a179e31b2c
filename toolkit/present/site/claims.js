// Search and filters of the page of claims. Without this script every row is still there and opens.
(function () {
  "use strict";
  const rows = Array.from(document.querySelectorAll("details.claim"));
  const form = document.querySelector("form.controls");
  const search = document.getElementById("search");
  const selects = Array.from(form.querySelectorAll("select[data-filter]"));
  const count = document.getElementById("count");
  const none = document.querySelector("p.no-match");
  const words = new Map(rows.map((row) => [row, row.id + " " + row.textContent.toLowerCase()]));

  function show() {
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const chosen = selects.every((select) => !select.value || row.dataset[select.dataset.filter] === select.value);
      const found = wanted.every((word) => words.get(row).includes(word));
      row.hidden = !(chosen && found);
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = count.dataset.text.replace("{shown}", shown).replace("{all}", rows.length);
    none.hidden = shown > 0;
  }

  function reset() {
    search.value = "";
    selects.forEach((select) => { select.value = ""; });
    show();
  }

  function openAll(open) {
    rows.filter((row) => !row.hidden).forEach((row) => { row.open = open; });
  }

  function follow() {
    const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!row || !row.matches("details.claim")) return;
    if (row.hidden) reset();
    row.open = true;
    row.scrollIntoView();
  }

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", show);
  selects.forEach((select) => select.addEventListener("change", show));
  document.getElementById("open-all").addEventListener("click", () => openAll(true));
  document.getElementById("close-all").addEventListener("click", () => openAll(false));
  document.getElementById("reset").addEventListener("click", reset);
  window.addEventListener("hashchange", follow);
  show();
  follow();
})();
