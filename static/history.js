// The history: an invocation opens beside the list, and ticks stay while the list refreshes itself (htmx). All works without it.
"use strict";
{
  const rows = () => document.getElementById("rows");
  const beside = document.getElementById("beside");
  const wide = matchMedia("(min-width: 1280px)"); // the width from which console.css has room for the drawer

  // --- beside the list -----------------------------------------------------------------------------------------------

  let open = ""; // the id of the row's link: the row itself may be replaced meanwhile

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close-beside]")) return close();
    const link = event.target.closest("[data-beside]");
    if (!link || !wide.matches || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open = link.id;
    mark();
    const moves = beside.dataset.of !== link.id;
    beside.dataset.of = link.id;
    htmx.ajax("GET", link.dataset.beside, { target: beside, swap: "innerHTML" }).then(() => moves && document.getElementById("h-beside")?.focus());
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && open && !event.defaultPrevented) close();
  });
  // What cannot be shown beside the list has a page of its own.
  for (const trouble of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(trouble, (event) => {
      if (event.detail.target === beside && !beside.firstElementChild) location.assign(document.getElementById(open).href);
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
    rows()?.querySelectorAll("tr[aria-current]").forEach((row) => row.removeAttribute("aria-current"));
    document.getElementById(open)?.closest("tr").setAttribute("aria-current", "true");
  }

  // --- ticks ---------------------------------------------------------------------------------------------------------

  const boxes = () => [...(rows()?.querySelectorAll("[name=ids]") ?? [])];
  const ticked = () => boxes().filter((box) => box.checked);

  document.addEventListener("change", (event) => {
    if (event.target.id === "tick-all") boxes().forEach((box) => (box.checked = event.target.checked));
    if (event.target.closest("#rows")) count();
  });

  function count() {
    const [n, all, words] = [ticked().length, document.getElementById("tick-all"), rows()?.querySelector(".ticked-bar .count")];
    if (all) [all.checked, all.indeterminate] = [n > 0 && n === boxes().length, n > 0 && n < boxes().length];
    if (words && n) words.textContent = n === 1 ? words.dataset.one : words.dataset.many.replace("#", n);
  }
  addEventListener("pageshow", count); // Back keeps the ticks

  // --- the list asks for itself anew ---------------------------------------------------------------------------------

  let kept = [];
  const text = (part) => part.textContent.replace(/\s+/g, " ");
  const parse = (html) => new DOMParser().parseFromString(html, "text/html");

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr } = event.detail;
    if (!event.detail.shouldSwap) return; // console.js: it is no answer
    if (target === beside) {
      // A page that was closed meanwhile stays closed; where nothing is new the focus and the place stay.
      if (!open || (beside.firstElementChild && text(parse(xhr.responseText).body).trim() === text(beside).trim())) event.detail.shouldSwap = false;
    }
    if (target.id === "rows") {
      kept = ticked().map((box) => box.id);
      const fresh = parse(xhr.responseText).getElementById("rows");
      // Newer rows push older ones off the page: not those that somebody has ticked.
      if (!fresh || kept.some((id) => !fresh.querySelector(`#${CSS.escape(id)}`))) event.detail.shouldSwap = false;
    }
  });
  document.addEventListener("htmx:afterSwap", () => {
    kept.forEach((id) => document.getElementById(id) && (document.getElementById(id).checked = true));
    mark();
    count();
  });
}
