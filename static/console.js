// What every page of the console adds when scripts run. Everything works without it.
"use strict";
{
  // The server shows times in this zone (fallback_console/middleware.py).
  document.cookie = `timezone=${Intl.DateTimeFormat().resolvedOptions().timeZone}; path=/; max-age=31536000; SameSite=Lax`;

  // <button data-copy="text"> or <button data-copy data-copy-from="id">: hidden by console.css until this script is here.
  document.documentElement.classList.add("can-copy");

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copyFrom);
    try {
      await navigator.clipboard.writeText(source ? source.textContent.trim() : button.dataset.copy);
      say("Copied");
    } catch {
      say("Could not copy. Select the text and copy it by hand.");
    }
  });

  function say(words) {
    let region = document.getElementById("said");
    if (!region) {
      region = document.createElement("p");
      region.id = "said";
      region.setAttribute("aria-live", "polite");
      document.body.append(region);
    }
    region.textContent = ""; // so that the same words are said again
    setTimeout(() => (region.textContent = words), 50);
    setTimeout(() => (region.textContent = ""), 4000);
  }
}
