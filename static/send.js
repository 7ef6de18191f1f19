// The send page: its buttons, the live preview (htmx) and the free editor. The form works without
// it.
"use strict";
{
  const compose = document.getElementById("compose");
  const errorOf = (id) => document.getElementById(`${id}_error`);
  const atFault = compose.querySelector(
    '[aria-invalid="true"], .below:has(> .said > .error) .editor :is(textarea, [id*="-key-"])',
  );
  const start = atFault ?? document.getElementById("errors");
  // A browser may drop `autofocus` while the shell's scripts start.
  (start ?? compose.querySelector("[autofocus]"))?.focus({ preventScroll: !start });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-show]");
    if (!button) return;
    const field = document.getElementById(button.dataset.show);
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  });

  // Enter in a field presses Review. In a text of several lines, Ctrl+Enter does (Cmd on a Mac).
  compose.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    compose.requestSubmit(compose.querySelector('[value="review"]'));
  });

  // The list of saved values closes like a menu.
  const saved = document.querySelector("details.saved");
  const close = () => {
    if (saved?.open) saved.open = false;
  };
  document.addEventListener("click", (event) => {
    if (!saved?.contains(event.target)) close();
  });
  saved?.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    close();
    saved.querySelector("summary").focus();
  });

  // --- what both channels share ---------------------------------------------------------------

  // Unticked, the second channel starts from what the first one has, and follows it until a person
  // changes it. The server takes an empty field as "the same", so this is a convenience.
  const first = document.getElementById("id_recipient");
  const second = document.getElementById("id_recipient2");
  const followers = new Set();
  const take = (field, source) => {
    field.value = source.value;
    followers.add(field);
  };
  const sourceOf = (field) =>
    field === second ? first : document.getElementById(field.dataset.source);
  compose.addEventListener("change", (event) => {
    if (event.target.checked) return;
    if (event.target.id === "id_same_recipient") {
      if (!second.value) take(second, first);
      second.focus();
      second.select();
    }
    if (event.target.id === "id_same_values") {
      for (const field of compose.querySelectorAll(".own-values [data-source]")) {
        take(field, sourceOf(field));
      }
      const editor = document.getElementById("editor-params2");
      const isEmpty = !editor?.querySelector(".param-row") && !editor?.querySelector("textarea");
      if (isEmpty) document.getElementById("start-from-first")?.click();
    }
  });
  compose.addEventListener("input", (event) => {
    followers.delete(event.target);
    for (const field of followers) {
      if (sourceOf(field) === event.target) field.value = event.target.value;
    }
  });

  // --- errors at the fields -------------------------------------------------------------------

  // The preview's answer brings the errors of the fields that it is asked about: those that a
  // person has changed and left, and those that show an error.
  const visited = new Set();
  compose.addEventListener("change", ({ target }) => visited.add(target.name), true);
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt.id !== "preview") return;
    for (const error of compose.querySelectorAll("[id$=_error]")) {
      visited.add(error.id.slice("id_".length, -"_error".length));
    }
    event.detail.parameters.visited = [...visited].join(" ");
  });
  function markErrors() {
    for (const name of visited) {
      const field = document.getElementById(`id_${name}`);
      if (!field) continue;
      const error = errorOf(field.id);
      const others = (field.getAttribute("aria-describedby") ?? "")
        .split(" ")
        .filter((id) => id && id !== `${field.id}_error`);
      if (error) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
      field.setAttribute("aria-describedby", [...others, ...(error ? [error.id] : [])].join(" "));
    }
    const summary = document.getElementById("errors");
    for (const item of summary?.querySelectorAll("[data-field]") ?? []) {
      item.hidden = !errorOf(item.dataset.field);
    }
    if (summary) summary.hidden = !summary.querySelector("li:not([hidden])");
  }
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "preview") markErrors();
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
