// The pages that refresh themselves: the homes, and "Needs you". They work without it, unrefreshed.
"use strict";
{
  const isTyping = () => {
    const field = document.activeElement;
    return Boolean(field?.matches("input, textarea, select") && field.closest("#state"));
  };

  // Nothing is asked while the tab is hidden, or while somebody types in what would be replaced.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.id !== "state") return;
    if (document.hidden || isTyping()) event.preventDefault();
  });

  // What is seen again is up to date at once.
  document.addEventListener("visibilitychange", () => {
    const state = document.getElementById("state");
    if (!document.hidden && state) state.dispatchEvent(new Event("seen"));
  });
}
