// The page of a workflow: what is to be filled in or put right gets the focus, and what was typed
// stays when the preview's answer replaces the table of values. The preview is htmx. The form works
// without it.
"use strict";
{
  const first = document.getElementById("h-meanwhile") ?? document.getElementById("reason");
  (first ?? document.querySelector("#workflow [aria-invalid=true]"))?.focus();

  // The answer has what the fields held when it was asked for. htmx puts the focus and the caret
  // back, by id.
  document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
    if (detail.target.id !== "values") return;
    const typed = new Map();
    for (const field of detail.target.querySelectorAll("[name]:not([type=hidden], button)")) {
      typed.set(field.name, field);
    }
    for (const field of detail.fragment.querySelectorAll("[name]")) {
      const present = typed.get(field.name);
      if (!present) continue;
      if (field.type === "checkbox") field.checked = present.checked;
      else field.value = present.value;
    }
    for (const opened of detail.target.querySelectorAll("details[open]")) {
      detail.fragment.querySelector(`#${CSS.escape(opened.id)}`)?.setAttribute("open", "");
    }
  });
}
