// The history: an invocation opens in a drawer beside the list, and ticked rows stay ticked while
// the list refreshes itself (htmx). The page works without it.
"use strict";
{
  const rows = () => document.getElementById("rows");
  const beside = document.getElementById("beside");
  const wide = matchMedia("(min-width: 1280px)"); // narrower, history.css hides the drawer

  // --- the drawer ---------------------------------------------------------------------------

  let open = ""; // the id of the row's link; a refresh may replace the row itself

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close-beside]")) return close();
    const link = event.target.closest("[data-beside]");
    const opensElsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!link || !wide.matches || event.button || opensElsewhere) return;
    event.preventDefault();
    open = link.id;
    mark();
    const moves = beside.dataset.of !== link.id;
    beside.dataset.of = link.id;
    htmx
      .ajax("GET", link.dataset.beside, { target: beside, swap: "innerHTML" })
      .then(() => moves && document.getElementById("h-beside")?.focus());
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && open && !event.defaultPrevented) close();
  });
  // Where the drawer cannot be loaded, the invocation's page opens instead.
  for (const trouble of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(trouble, (event) => {
      if (event.detail.target !== beside || beside.firstElementChild) return;
      location.assign(document.getElementById(open).href);
    });
  }

  function close() {
    const link = document.getElementById(open);
    open = "";
    delete beside.dataset.of;
    beside.replaceChildren();
    mark();
    link?.focus();
  }

  function mark() {
    const marked = rows()?.querySelectorAll("tr[aria-current]");
    marked?.forEach((row) => row.removeAttribute("aria-current"));
    document.getElementById(open)?.closest("tr").setAttribute("aria-current", "true");
  }

  // --- ticked rows --------------------------------------------------------------------------

  // Ticked request ids, each with the actions that its status allows. They are kept in
  // sessionStorage while a person pages through one filtered list.
  let ticks = new Map();
  const boxes = () => [...(rows()?.querySelectorAll("[name=ids]") ?? [])];
  // Identifies the list. A search has none: it may be a phone number, which is not stored.
  const list = () => rows()?.querySelector("form.ticked")?.dataset.list;

  function recall() {
    if (!rows()) return;
    if (list() === undefined) return look();
    try {
      const kept = JSON.parse(sessionStorage.getItem("ticked"));
      ticks = new Map(kept?.list === list() ? kept.ticks : []);
    } catch {
      ticks = new Map();
    }
    show();
  }

  function keep() {
    if (list() === undefined) return;
    sessionStorage.setItem("ticked", JSON.stringify({ list: list(), ticks: [...ticks] }));
  }

  function look() {
    boxes().forEach((box) => {
      if (box.checked) ticks.set(box.value, box.dataset.deeds);
      else ticks.delete(box.value);
    });
    count();
  }

  function show() {
    boxes().forEach((box) => (box.checked = ticks.has(box.value)));
    look();
  }

  document.addEventListener("change", (event) => {
    if (event.target.id === "tick-all") {
      boxes().forEach((box) => (box.checked = event.target.checked));
    }
    if (!event.target.closest("#rows")) return;
    look();
    keep();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-untick]")) return;
    ticks.clear();
    show();
    keep();
    document.getElementById("tick-all")?.focus();
  });
  // Rows ticked on other pages of the list are submitted too. Once a person confirms the action,
  // nothing stays ticked.
  document.addEventListener("formdata", (event) => {
    if (!event.target.matches("form.ticked")) return;
    const here = new Set(event.formData.getAll("ids"));
    const elsewhere = [...ticks.keys()].filter((id) => !here.has(id));
    elsewhere.forEach((id) => event.formData.append("ids", id));
  });
  document.addEventListener("submit", (event) => {
    if (event.target.querySelector("[name=confirmed]")) sessionStorage.removeItem("ticked");
  });

  // Shows how many rows are ticked, and how many of them each action applies to.
  function count() {
    const here = boxes().filter((box) => box.checked).length;
    const all = document.getElementById("tick-all");
    const words = rows()?.querySelector(".ticked-bar .count");
    const form = rows()?.querySelector("form.ticked");
    if (all) {
      all.checked = here > 0 && here === boxes().length;
      all.indeterminate = here > 0 && here < boxes().length;
    }
    if (!words) return;
    form.toggleAttribute("data-any", ticks.size > 0);
    if (!ticks.size) return;
    const { one, many, elsewhere, some } = words.dataset;
    const said = [ticks.size === 1 ? one : many.replace("#n", ticks.size)];
    if (ticks.size > here) said.push(elsewhere.replace("#n", ticks.size - here));
    words.textContent = said.join(", ");
    const cannot = [];
    rows().querySelectorAll("[data-deed]").forEach((place) => {
      const allowing = [...ticks.values()].filter((deeds) =>
        deeds.split(" ").includes(place.dataset.deed),
      );
      const n = allowing.length;
      const button = place.closest("button");
      button.disabled = !n;
      if (!n) cannot.push(button.dataset.none);
      const partly = some.replace("#n", n).replace("#all", ticks.size);
      place.textContent = n ? ` ${n === ticks.size ? n : partly}` : "";
    });
    rows().querySelector(".ticked-bar .cannot").textContent = cannot.join(" ");
  }
  addEventListener("pageshow", recall); // Back restores the ticks of the page as it was left

  // On a phone the tiles are wider than the screen: scroll to the current one.
  const tile = document.querySelector("#tiles [aria-current]");
  tile?.scrollIntoView({ block: "nearest", inline: "center" });

  // --- the list refreshes itself ------------------------------------------------------------

  const text = (part) => part.textContent.replace(/\s+/g, " ");
  const parse = (html) => new DOMParser().parseFromString(html, "text/html");

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr } = event.detail;
    if (!event.detail.shouldSwap) return; // console.js: the answer was the sign-in page
    if (target === beside) {
      // A drawer that was closed meanwhile stays closed. An unchanged one is not swapped, so that
      // it keeps focus and scroll position.
      const fresh = text(parse(xhr.responseText).body).trim();
      const isSame = beside.firstElementChild && fresh === text(beside).trim();
      if (!open || isSame) event.detail.shouldSwap = false;
    }
    // Where no row matches the filters any more, the answer has no list: the shown one stays.
    if (target.id === "rows" && !parse(xhr.responseText).getElementById("rows")) {
      event.detail.shouldSwap = false;
    }
  });
  document.addEventListener("htmx:afterSwap", () => {
    mark();
    show();
  });
}
