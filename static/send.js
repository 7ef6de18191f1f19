// The send page: its buttons, the live preview (htmx) and the free editor. The form works without
// it.
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

  // --- when the preview gets no answer ------------------------------------------------------

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
    // Signing in again changes the CSRF token. Copy the new one into the form, so that what was
    // typed can be sent.
    const answer = await fetch(location.pathname, { redirect: "error" }).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("#compose [name=csrfmiddlewaretoken]");
    compose.querySelector("[name=csrfmiddlewaretoken]").value = fresh.value;
    signedOut = false;
    htmx.trigger(document.body, "edited");
  });

  // --- the free editor: focus after a swap --------------------------------------------------

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
    const button = (n, what) =>
      row(n)?.querySelector(`[value^="${name}:${what}-"]:not([disabled])`);
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

  // --- the free editor: dragging a row ------------------------------------------------------

  // A drop posts a move to the server, as the buttons do: the server alone decides what it means.
  let dragged = null;
  const rowOf = (target) => target instanceof Element && target.closest(".param-row");
  const clear = () =>
    document
      .querySelectorAll(".param-row")
      .forEach((each) => each.classList.remove("over", "over-below", "dragged"));
  const places = () => [...dragged.parentElement.children];
  document.addEventListener("dragstart", (event) => {
    const isGrip = event.target instanceof Element && event.target.matches(".grip");
    dragged = isGrip ? rowOf(event.target) : null;
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", ""); // Firefox starts no drag without data
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
    if (!dragged || !over || over === dragged) return;
    if (over.parentElement !== dragged.parentElement) return;
    event.preventDefault();
    const mover = document.createElement("button");
    const named = dragged.querySelector(".param-buttons button");
    mover.type = "submit";
    mover.name = "action";
    const [from, to] = [places().indexOf(dragged), places().indexOf(over)];
    mover.value = `${named.value.split(":")[0]}:move-${from}-${to}`;
    mover.hidden = true;
    mover.formNoValidate = true;
    for (const name of ["hx-post", "hx-target", "hx-select", "hx-swap"]) {
      mover.setAttribute(name, named.getAttribute(name));
    }
    dragged.append(mover);
    htmx.process(mover);
    mover.click();
  });
  document.addEventListener("dragend", () => {
    clear();
    dragged = null;
  });
}
