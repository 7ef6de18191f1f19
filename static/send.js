// The send page: what its buttons and the live preview (htmx) need besides. The form works without any of it.
"use strict";
{
  const compose = document.getElementById("compose");
  document.getElementById("errors")?.focus();

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-show]");
    if (button) {
      const field = document.getElementById(button.dataset.show);
      const shown = field.type === "password";
      field.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", String(shown));
    }
    if (event.target.closest('a[href="#paste"]')) {
      event.preventDefault();
      document.getElementById("paste").open = true;
      document.getElementById("pasted").focus();
    }
  });

  // --- when the console does not answer ------------------------------------------------------------------------------

  const unanswered = document.getElementById("unanswered");
  let signedOut = false;
  const tell = (words) => {
    if (unanswered.textContent !== words) unanswered.textContent = words;
  };
  for (const trouble of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(trouble, () => tell(unanswered.dataset.says));
  }
  document.addEventListener("console:signed-out", () => {
    signedOut = true;
    tell(unanswered.dataset.signedOut);
  });
  document.addEventListener("htmx:afterSwap", () => tell(""));
  addEventListener("online", () => htmx.trigger(document.body, "edited"));
  addEventListener("focus", async () => {
    if (!signedOut) return;
    // Signing in changes the token that every form must carry: take the new one over, so that what was typed can be sent.
    const answer = await fetch(location.pathname, { redirect: "error" }).catch(() => null);
    if (!answer?.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#compose [name=csrfmiddlewaretoken]");
    compose.querySelector("[name=csrfmiddlewaretoken]").value = fresh.value;
    signedOut = false;
    htmx.trigger(document.body, "edited");
  });

  // --- the editor: the focus stays where the hand is ------------------------------------------------------------------

  let pressed = "";
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.name === "action") pressed = event.detail.elt.value;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const [name, action] = pressed.split(":");
    if (event.target.id !== `div_id_${name}`) return; // the preview
    pressed = "";
    const editor = document.getElementById(`editor-${name}`);
    const [verb, place] = action.split("-");
    const row = (n) => editor.querySelectorAll(".param-row")[n];
    const button = (n, what) => row(n)?.querySelector(`[value^="${name}:${what}-"]:not([disabled])`);
    const at = Number(place);
    const first = (...found) => found.find(Boolean)?.focus();
    const add = editor.querySelector(`[value="${name}:add"]`);
    if (verb === "up") first(button(at - 1, "up"), button(at - 1, "down"));
    if (verb === "down") first(button(at + 1, "down"), button(at + 1, "up"));
    if (verb === "remove") first(button(at, "remove"), button(at - 1, "remove"), add);
    if (verb === "number") first(editor.querySelector(`[value="${name}:number"]`));
    if (verb === "json") first(editor.querySelector("textarea"));
    if (verb === "rows") first(editor.querySelector(".param-value"), add);
  });

  // A dropped row asks the server to move it, as the buttons do: one rule for what a move means.
  let dragged = null;
  const rowOf = (target) => target instanceof Element && target.closest(".param-row");
  const clear = () => document.querySelectorAll(".param-row").forEach((each) => each.classList.remove("over", "over-below", "dragged"));
  const places = () => [...dragged.parentElement.children];
  document.addEventListener("dragstart", (event) => {
    dragged = event.target instanceof Element && event.target.matches(".grip") ? rowOf(event.target) : null;
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", ""); // Firefox drags nothing without
    event.dataTransfer.setDragImage(dragged, 12, 20);
    dragged.classList.add("dragged");
  });
  document.addEventListener("dragover", (event) => {
    const over = rowOf(event.target);
    if (!dragged || !over || over.parentElement !== dragged.parentElement) return;
    event.preventDefault();
    const [from, to] = [places().indexOf(dragged), places().indexOf(over)];
    places().forEach((each, index) => {
      each.classList.toggle("over", index === to && to < from);
      each.classList.toggle("over-below", index === to && to > from);
    });
  });
  document.addEventListener("drop", (event) => {
    const over = rowOf(event.target);
    if (!dragged || !over || over === dragged || over.parentElement !== dragged.parentElement) return;
    event.preventDefault();
    const mover = document.createElement("button");
    const named = dragged.querySelector(".param-buttons button");
    mover.type = "submit";
    mover.name = "action";
    mover.value = `${named.value.split(":")[0]}:move-${places().indexOf(dragged)}-${places().indexOf(over)}`;
    mover.hidden = true;
    mover.formNoValidate = true;
    for (const name of ["hx-post", "hx-target", "hx-select", "hx-swap"]) mover.setAttribute(name, named.getAttribute(name));
    dragged.append(mover);
    htmx.process(mover);
    mover.click();
  });
  document.addEventListener("dragend", () => {
    clear();
    dragged = null;
  });
}
