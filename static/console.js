// For every page of the console. Every page works without it.
"use strict";
{
  // The server shows times in this zone (fallback_console/middleware.py).
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  document.cookie = `timezone=${zone}; path=/; max-age=31536000; SameSite=Lax`;

  // Ctrl+K (on a Mac Cmd+K) and "/" lead to the search box: the page's own, or that of the header.
  // "/" can be switched off on the page of the search: speech input may press it by accident
  // (WCAG 2.1.4). What is typed is posted, so that it is in no address.
  const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
  const isSlashOff = () => localStorage.getItem("slash") === "off";
  document.documentElement.classList.toggle("no-slash", isSlashOff());
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.shiftKey || document.querySelector("dialog[open]")) return;
    const isCtrlK = (isMac ? event.metaKey : event.ctrlKey) && event.key.toLowerCase() === "k";
    const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
    const isSlash = event.key === "/" && !event.ctrlKey && !event.metaKey;
    if (!isCtrlK && (!isSlash || isTyping || isSlashOff())) return;
    const box = document.querySelector("[data-find]");
    if (!box) return;
    event.preventDefault();
    box.focus();
    box.select();
  });

  // <button data-slash data-on="Switch on" data-off="Switch off"> switches "/" off and on.
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-slash]");
    const label = () => (button.textContent = button.dataset[isSlashOff() ? "on" : "off"]);
    if (button) label();
    button?.addEventListener("click", () => {
      localStorage.setItem("slash", isSlashOff() ? "on" : "off");
      document.documentElement.classList.toggle("no-slash", isSlashOff());
      label();
    });
  });

  // <button data-copy="text"> and <button data-copy data-copy-from="id"> are hidden (controls.css)
  // until this script sets the class.
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

  // Announces `words` in a live region that is visible for four seconds.
  function say(words) {
    let region = document.getElementById("said");
    if (!region) {
      region = document.createElement("p");
      region.id = "said";
      region.setAttribute("aria-live", "polite");
      document.body.append(region);
    }
    region.textContent = ""; // so that a screen reader announces the same words again
    setTimeout(() => (region.textContent = words), 50);
    setTimeout(() => (region.textContent = ""), 4000);
  }

  // <form data-once> is not submitted again until its answer arrives. The server sends once in any
  // case; this avoids the notice that says so. Meanwhile the button shows the text of data-busy.
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
    setTimeout(form.free, 20_000); // no answer takes longer: loading was stopped
  });
  addEventListener("pageshow", () => waiting.forEach((form) => form.free()));

  // Parts of a page that refresh themselves (htmx). A redirect to the sign-in page is not swapped
  // in. Where nothing has changed nothing is swapped, so that selected text stays selected.
  document.addEventListener("console:signed-out", () => {
    if (!document.getElementById("unanswered")) {
      say("You have been signed out. Reload the page to sign in.");
    }
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig, target } = event.detail;
    const asked = new URL(requestConfig.path || location.href, location.href);
    if (new URL(xhr.responseURL).pathname !== asked.pathname) {
      event.detail.shouldSwap = false;
      target.dispatchEvent(new CustomEvent("console:signed-out", { bubbles: true }));
    } else if (target.id === "state") {
      const answer = new DOMParser().parseFromString(xhr.responseText, "text/html");
      const fresh = answer.getElementById("state");
      const text = (state) =>
        state?.getAttribute("hx-trigger") + state?.textContent.replace(/\s+/g, " ");
      event.detail.shouldSwap = text(fresh) !== text(target);
      if (event.detail.shouldSwap) keep(target);
      const news = [];
      if (badges(fresh) !== badges(target)) news.push(badges(fresh));
      // data-says: how far it is, in few steps, so that a screen reader is not flooded.
      if (fresh?.dataset.says !== target.dataset.says) news.push(fresh?.dataset.says);
      if (news.some(Boolean)) say(news.filter(Boolean).join(". "));
    }
  });

  const badges = (state) =>
    [...(state?.querySelectorAll(".page-head .badge") ?? [])]
      .map((badge) => badge.lastChild.textContent)
      .join(", ");

  // Restores after a swap of #state which <details> are open, which element has the focus, and the
  // form with data-kept, in which somebody may be typing.
  function keep(state) {
    const form = state.querySelector("[data-kept]");
    const typing = form?.contains(document.activeElement) ? document.activeElement : null;
    const folds = [...state.querySelectorAll("details[id]")].map(({ id, open }) => [id, open]);
    const focused = state.contains(document.activeElement) ? mark(document.activeElement) : null;
    const address = focused && document.activeElement.getAttribute("href");
    document.addEventListener(
      "htmx:afterSwap",
      () => {
        const fresh = document.getElementById("state");
        for (const [id, open] of folds) {
          const fold = document.getElementById(id);
          if (fold) fold.open = open;
        }
        if (form) document.getElementById(form.id)?.replaceWith(form);
        typing?.focus({ preventScroll: true });
        if (!focused) return;
        const candidates = [...fresh.querySelectorAll("a, button, summary, pre")];
        const same = candidates.find((each) => mark(each) === focused);
        // A link whose words count something leads where it led before.
        const fallback = candidates.find((each) => address && each.getAttribute("href") === address);
        (same ?? fallback)?.focus({ preventScroll: true });
      },
      { once: true },
    );
  }

  // Identifies an element, so that it is found again in a fresh copy of its page.
  const mark = (element) => {
    const label = element.getAttribute("aria-label") ?? element.textContent.trim();
    const words = element.matches("summary, pre") ? "" : label;
    return [element.tagName, element.closest("[id]:not(#state)")?.id, words].join(" ");
  };
}
