// The page of a workflow: what is to be filled in or put right gets the focus. The preview is htmx.
// The form works without it.
"use strict";
{
  const reason = document.getElementById("reason");
  (reason ?? document.querySelector("#workflow [aria-invalid=true]"))?.focus();
}
