// What every page of the console adds when scripts run. Everything works without it.
"use strict";
{
  // The server shows times in this zone (fallback_console/middleware.py).
  document.cookie = `timezone=${Intl.DateTimeFormat().resolvedOptions().timeZone}; path=/; max-age=31536000; SameSite=Lax`;

  // <button data-copy="text"> or <button data-copy data-copy-from="id">: hidden (controls.css) until this script has run.
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

  // <form data-once>: pressed again while its answer is awaited, it does nothing. The server sends once in any case; this
  // spares people the notice that says so. <button data-busy="…"> says meanwhile what is going on.
  const waiting = new Set();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (waiting.has(form)) return event.preventDefault();
    waiting.add(form);
    const button = event.submitter;
    const words = button?.querySelector("[data-busy]");
    const before = words?.textContent;
    if (words) words.textContent = words.dataset.busy;
    button?.setAttribute("aria-disabled", "true");
    form.free = () => {
      waiting.delete(form);
      button?.removeAttribute("aria-disabled");
      if (words) words.textContent = before;
    };
    setTimeout(form.free, 20_000); // longer than an answer can take: the page was stopped, then
  });
  addEventListener("pageshow", () => waiting.forEach((form) => form.free()));

  // A part of a page that asks for itself anew (htmx). The sign-in page is no answer to that; and where nothing has changed
  // nothing is put in its place, so that what was selected stays so.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig, target } = event.detail;
    const asked = new URL(requestConfig.path || location.href, location.href);
    if (new URL(xhr.responseURL).pathname !== asked.pathname) {
      event.detail.shouldSwap = false;
      target.dispatchEvent(new CustomEvent("console:signed-out", { bubbles: true }));
      if (!document.getElementById("unanswered")) say("You have been signed out. Reload the page to sign in.");
    } else if (target.id === "state") {
      const fresh = new DOMParser().parseFromString(xhr.responseText, "text/html").getElementById("state");
      const text = (state) => state?.getAttribute("hx-trigger") + state?.textContent.replace(/\s+/g, " ");
      event.detail.shouldSwap = text(fresh) !== text(target);
      if (event.detail.shouldSwap) keep(target);
      if (badges(fresh) !== badges(target)) say(badges(fresh));
    }
  });

  const badges = (state) => [...(state?.querySelectorAll(".page-head .badge") ?? [])].map((badge) => badge.lastChild.textContent).join(", ");

  // What a person has done to #state outlives its swap: what is unfolded or folded, and where the focus is.
  function keep(state) {
    const folds = [...state.querySelectorAll("details[id]")].map(({ id, open }) => [id, open]);
    const focused = state.contains(document.activeElement) ? mark(document.activeElement) : null;
    document.addEventListener(
      "htmx:afterSwap",
      () => {
        const fresh = document.getElementById("state");
        for (const [id, open] of folds) {
          const fold = document.getElementById(id);
          if (fold) fold.open = open;
        }
        if (focused) [...fresh.querySelectorAll("a, button, summary, pre")].find((each) => mark(each) === focused)?.focus({ preventScroll: true });
      },
      { once: true },
    );
  }

  // How an element is found again in a fresh copy of its page.
  const mark = (element) => {
    const words = element.matches("summary, pre") ? "" : (element.getAttribute("aria-label") ?? element.textContent.trim());
    return [element.tagName, element.closest("[id]:not(#state)")?.id, words].join(" ");
  };
}
