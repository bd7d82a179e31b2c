// Search on every page: / begins, arrows choose, Enter opens, Escape ends. The index is read when somebody first searches.
(function () {
  "use strict";
  const field = document.getElementById("find");
  const list = document.getElementById("found");
  const kinds = JSON.parse(field.dataset.kinds);
  const most = 12;
  const mostOfAKind = 4;
  let shown = [];
  let active = -1;

  function read() {
    if (document.getElementById("index")) return;
    const script = document.createElement("script");
    script.id = "index";
    script.src = field.dataset.index;
    script.addEventListener("load", show);
    document.head.append(script);
  }

  // every word must occur; what begins with the words, then what has them in its title, comes first, and no kind crowds out the others
  function matches(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    const found = [];
    (window.SEARCH || []).forEach((entry, place) => {
      const title = entry[1].toLowerCase();
      const rest = entry[2].toLowerCase();
      if (!words.every((word) => title.includes(word) || rest.includes(word))) return;
      const order = title.startsWith(words[0]) ? 0 : words.every((word) => title.includes(word)) ? 1 : 2;
      found.push({ entry, order, place });
    });
    const seen = {};
    return found
      .sort((a, b) => a.order - b.order || a.entry[1].length - b.entry[1].length || a.place - b.place)
      .filter(({ entry }) => (seen[entry[0]] = (seen[entry[0]] || 0) + 1) <= mostOfAKind)
      .slice(0, most)
      .map((one) => one.entry);
  }

  function show() {
    const text = field.value.trim();
    shown = matches(text);
    active = -1;
    list.replaceChildren();
    shown.forEach(([kind, title, rest, address], place) => {
      const option = document.createElement("li");
      Object.assign(option, { id: `found-${place}` });
      option.setAttribute("role", "option");
      const link = document.createElement("a");
      link.href = field.dataset.up + address;
      link.tabIndex = -1;
      const label = document.createElement("small");
      label.textContent = kinds[kind];
      const name = document.createElement("span");
      name.textContent = title;
      const more = document.createElement("small");
      more.textContent = rest;
      link.append(label, name, more);
      option.append(link);
      list.append(option);
    });
    if (text && window.SEARCH && !shown.length) {
      const none = document.createElement("li");
      none.textContent = field.dataset.none;
      list.append(none);
    }
    const open = Boolean(text && window.SEARCH);
    list.hidden = !open;
    field.setAttribute("aria-expanded", String(open));
    field.removeAttribute("aria-activedescendant");
    if (open) list.style.top = `${field.getBoundingClientRect().bottom + 4}px`;
  }

  function move(step) {
    if (!shown.length) return;
    active = (active + step + shown.length + (active < 0 && step < 0 ? 1 : 0)) % shown.length;
    Array.from(list.children).forEach((option, place) => option.setAttribute("aria-selected", String(place === active)));
    list.children[active].scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", `found-${active}`);
  }

  function close() {
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
  }

  field.closest(".search-all").hidden = false;
  field.addEventListener("focus", read);
  field.addEventListener("input", show);
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Enter" && shown.length) list.children[Math.max(active, 0)].querySelector("a").click();
    else if (event.key === "Escape") { field.value = ""; show(); field.blur(); return; }
    else return;
    event.preventDefault();
  });
  list.addEventListener("click", close);
  document.addEventListener("click", (event) => { if (!event.target.closest(".search-all")) close(); });
  document.addEventListener("keydown", (event) => {
    const writing = event.target.closest("input, select, textarea, [contenteditable]");
    if (event.key !== "/" || writing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    field.focus();
  });
})();
