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

  // What is ticked, by request id, with what its state lets be done with it. Of a filtered list it is kept while one pages through it.
  let ticks = new Map();
  const boxes = () => [...(rows()?.querySelectorAll("[name=ids]") ?? [])];
  const list = () => rows()?.querySelector("form.ticked")?.dataset.list; // none where it was searched: that may be a number

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
    if (list() !== undefined) sessionStorage.setItem("ticked", JSON.stringify({ list: list(), ticks: [...ticks] }));
  }

  function look() {
    boxes().forEach((box) => (box.checked ? ticks.set(box.value, box.dataset.deeds) : ticks.delete(box.value)));
    count();
  }

  function show() {
    boxes().forEach((box) => (box.checked = ticks.has(box.value)));
    look();
  }

  document.addEventListener("change", (event) => {
    if (event.target.id === "tick-all") boxes().forEach((box) => (box.checked = event.target.checked));
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
  // What is ticked on other pages goes along; and once the deed is confirmed nothing stays ticked.
  document.addEventListener("formdata", (event) => {
    if (!event.target.matches("form.ticked")) return;
    const here = new Set(event.formData.getAll("ids"));
    [...ticks.keys()].filter((id) => !here.has(id)).forEach((id) => event.formData.append("ids", id));
  });
  document.addEventListener("submit", (event) => {
    if (event.target.querySelector("[name=confirmed]")) sessionStorage.removeItem("ticked");
  });

  function count() {
    const here = boxes().filter((box) => box.checked).length;
    const [all, words, form] = [document.getElementById("tick-all"), rows()?.querySelector(".ticked-bar .count"), rows()?.querySelector("form.ticked")];
    if (all) [all.checked, all.indeterminate] = [here > 0 && here === boxes().length, here > 0 && here < boxes().length];
    if (!words) return;
    form.toggleAttribute("data-any", ticks.size > 0);
    if (!ticks.size) return;
    const { one, many, elsewhere, some } = words.dataset;
    const said = [ticks.size === 1 ? one : many.replace("#n", ticks.size)];
    if (ticks.size > here) said.push(elsewhere.replace("#n", ticks.size - here));
    words.textContent = said.join(", ");
    const cannot = [];
    rows().querySelectorAll("[data-deed]").forEach((place) => {
      const n = [...ticks.values()].filter((deeds) => deeds.split(" ").includes(place.dataset.deed)).length;
      const button = place.closest("button");
      button.disabled = !n;
      if (!n) cannot.push(button.dataset.none);
      place.textContent = n ? ` ${n === ticks.size ? n : some.replace("#n", n).replace("#all", ticks.size)}` : "";
    });
    rows().querySelector(".ticked-bar .cannot").textContent = cannot.join(" ");
  }
  addEventListener("pageshow", recall); // Back has the ticks of then
  // On a phone the tiles are wider than the screen.
  document.querySelector("#tiles [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

  // --- the list asks for itself anew ---------------------------------------------------------------------------------

  const text = (part) => part.textContent.replace(/\s+/g, " ");
  const parse = (html) => new DOMParser().parseFromString(html, "text/html");

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr } = event.detail;
    if (!event.detail.shouldSwap) return; // console.js: it is no answer
    if (target === beside) {
      // A page that was closed meanwhile stays closed; where nothing is new the focus and the place stay.
      if (!open || (beside.firstElementChild && text(parse(xhr.responseText).body).trim() === text(beside).trim())) event.detail.shouldSwap = false;
    }
    // Where nothing fits any more the answer has no list: this one stays.
    if (target.id === "rows" && !parse(xhr.responseText).getElementById("rows")) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:afterSwap", () => {
    mark();
    show();
  });
}
