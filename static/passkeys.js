// Says so where the browser gives no passkey. allauth's scripts ask for it and tell only the console.
"use strict";

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  for (const notice of document.querySelectorAll("[data-passkey-failed]")) notice.hidden = false;
});
