// The send page: shows a hidden value for a moment, opens the paste box, and lets the editor's rows be dragged.
"use strict";
{
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-show]");
    if (button) {
      const field = document.getElementById(button.dataset.show);
      const shown = field.type === "password";
      field.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", String(shown));
    }
    const opener = event.target.closest('a[href="#paste"]');
    if (opener) document.getElementById("paste").open = true;
  });

  const errors = document.getElementById("errors");
  if (errors) errors.focus();

  // A dropped row asks the server to move it, as the buttons do: one rule for what a move means.
  let dragged = null;
  const row = (target) => target instanceof Element && target.closest(".param-row");
  document.addEventListener("dragstart", (event) => {
    dragged = row(event.target);
    if (dragged) {
      dragged.classList.add("dragged");
      event.dataTransfer.effectAllowed = "move";
    }
  });
  document.addEventListener("dragover", (event) => {
    const over = row(event.target);
    if (!dragged || !over || over.parentElement !== dragged.parentElement) return;
    event.preventDefault();
    for (const each of over.parentElement.children) each.classList.toggle("over", each === over && each !== dragged);
  });
  document.addEventListener("dragend", () => {
    document.querySelectorAll(".param-row.over, .param-row.dragged").forEach((each) => each.classList.remove("over", "dragged"));
    dragged = null;
  });
  document.addEventListener("drop", (event) => {
    const over = row(event.target);
    if (!dragged || !over || over === dragged || over.parentElement !== dragged.parentElement) return;
    event.preventDefault();
    const rows = [...dragged.parentElement.children];
    const mover = document.createElement("button");
    const named = dragged.querySelector(".param-buttons button");
    mover.type = "submit";
    mover.name = "action";
    mover.value = `${named.value.split(":")[0]}:move-${rows.indexOf(dragged)}-${rows.indexOf(over)}`;
    mover.hidden = true;
    mover.formNoValidate = true;
    for (const name of ["hx-post", "hx-target", "hx-select", "hx-swap"]) mover.setAttribute(name, named.getAttribute(name));
    dragged.append(mover);
    htmx.process(mover);
    mover.click();
  });
}
