// Unfold's menus and switches are <span>, <div> and <a> without href that only a mouse can press.
// This script makes them buttons: in the Tab order, pressed by Enter and Space, with a name and
// aria-expanded. It also adds landmarks and a skip link to each page, and hides the names of icons
// from screen readers.
"use strict";
{
  const PRESSABLE = "[x-on\\:click]:not(button, input, select, textarea), .delete-template";
  const ICON = ".material-symbols-outlined";
  const NAMES = {
    sidebarMobileOpen: "Menu",
    sidebarDesktopOpen: "Show or hide the menu",
    openUserLinks: "Your account",
    openTheme: "Theme",
    openRelatedWidgetWrapper: "More",
    openTabsDropdown: "More",
    showActions: "More",
    rowOpen: "Show or hide the details",
  };

  const onClick = (element) => element.getAttribute("x-on:click") || "";
  // "openTheme = !openTheme" and "filterOpen = true" open the elements [x-show=openTheme] and
  // [x-show=filterOpen]: the name of that variable, or undefined.
  const opens = (element) => onClick(element).match(/^(\w+) = (?:!\1|true)\b/)?.[1];
  // "adminTheme = 'dark'" and "switchTheme('dark')" choose a theme: 'dark' in quotes, or undefined.
  const chooses = (element) =>
    onClick(element).match(/^(?:adminTheme = |switchTheme\()('\w+')/)?.[1];

  // The element's text without its icons, whose names a screen reader would read out.
  function words(element) {
    const copy = element.cloneNode(true);
    copy.querySelectorAll(ICON).forEach((icon) => icon.remove());
    return element.matches(ICON) ? "" : copy.textContent.trim();
  }

  function makeButton(element) {
    const name = opens(element);
    const theme = chooses(element);
    if (!element.hasAttribute("href")) {
      element.setAttribute("role", "button");
      element.tabIndex = 0;
    }
    if (name) element.setAttribute("x-bind:aria-expanded", name);
    if (theme) element.setAttribute("x-bind:aria-pressed", `adminTheme === ${theme}`);
    if (element.matches(".delete-template")) element.setAttribute("aria-label", "Remove");
    const label = NAMES[name] || element.title;
    if (label && !words(element)) element.setAttribute("aria-label", label);
  }

  function setOnEach(selector, name, value) {
    document.querySelectorAll(selector).forEach((element) => element.setAttribute(name, value));
  }

  function addLandmarks() {
    const content = document.getElementById("content");
    const main = content || document.querySelector("#page > div");
    if (!main || document.querySelector("main")) return;
    main.setAttribute("role", "main");
    const header = document.querySelector("#header-inner");
    header?.parentElement.parentElement.setAttribute("role", "banner");
    setOnEach("#nav-sidebar-inner", "aria-label", "Main");
    setOnEach("[x-show=openUserLinks]", "aria-label", "Your account");
    setOnEach("#nav-sidebar a.active", "aria-current", "page");
    if (!content) return;
    content.tabIndex = -1;
    const skip = document.createElement("a");
    skip.href = "#content";
    skip.className = "skip-link";
    skip.textContent = "Skip to content";
    document.body.prepend(skip);
  }

  function nameWhatIsOnlyAnIcon() {
    document.querySelectorAll(ICON).forEach((icon) => {
      if (!icon.matches("[role=button]")) icon.setAttribute("aria-hidden", "true");
    });
    setOnEach("#searchbar-submit, #searchbar", "aria-label", "Search");
    setOnEach("label > .hidden > input.delete", "aria-label", "Delete");
    // The site's icon has the same target as the site's name beside it.
    document.querySelectorAll(`#nav-sidebar a:has(> ${ICON}:only-child)`).forEach((link) => {
      link.setAttribute("aria-hidden", "true");
      link.tabIndex = -1;
    });
  }

  // select2 names its boxes after the chosen option. They get the name of their field.
  function nameSelects() {
    document.querySelectorAll("select.select2-hidden-accessible").forEach((select) => {
      const box = select.nextElementSibling?.querySelector("[role=combobox]");
      const label = select.labels[0];
      if (!box || !label) return;
      label.id ||= `${select.id}_label`;
      const chosen = box.getAttribute("aria-labelledby").split(" ").pop();
      box.setAttribute("aria-labelledby", `${label.id} ${chosen}`);
      const textboxes = box.querySelectorAll("[role=textbox]");
      textboxes.forEach((textbox) => textbox.setAttribute("aria-labelledby", label.id));
      if (box.getAttribute("aria-expanded") !== "true") return;
      box.setAttribute("aria-controls", `select2-${select.id}-results`);
      const search = document.querySelector(".select2-dropdown .select2-search__field");
      search?.setAttribute("aria-labelledby", label.id);
    });
  }

  document.addEventListener("alpine:init", () => {
    document.querySelectorAll(PRESSABLE).forEach((element) => {
      if (element.id === "changelist-filter-close") return; // the backdrop; Escape does the same
      // A heading that folds a section contains links too: only its text becomes the button.
      makeButton(element.matches("h3") ? element.querySelector("strong") : element);
    });
    addLandmarks();
    nameWhatIsOnlyAnIcon();
    const isSelect = (node) => node.matches?.(".select2-container");
    new MutationObserver((changes) => {
      if (changes.some((change) => [...change.addedNodes].some(isSelect))) nameSelects();
    }).observe(document.body, { childList: true, subtree: true });
  });

  // A menu opened by keyboard takes the focus. Escape closes it and gives the focus back.
  let opener = null;
  const visible = (element) => element.getClientRects().length > 0;
  const isExpanded = (button) => button.getAttribute("aria-expanded") === "true";

  function enter(button) {
    const name = opens(button);
    const region =
      name === "sidebarMobileOpen"
        ? document.getElementById("nav-sidebar")
        : [...document.querySelectorAll(`[x-show=${name}]`)].find(visible);
    const focusable = region?.querySelectorAll("a[href], button, input, select, [tabindex='0']");
    const first = [...(focusable ?? [])].find(visible);
    if (!first) return;
    opener = button;
    first.focus();
  }

  document.addEventListener("keydown", (event) => {
    const pressed = event.target.closest?.("[role=button]:not(button, a[href])");
    if (pressed && pressed === event.target && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      pressed.click();
      if (opens(pressed)) setTimeout(() => isExpanded(pressed) && enter(pressed), 100);
    } else if (event.key === "Escape" && opener) {
      if (isExpanded(opener) && opens(opener) !== "filterOpen") opener.click();
      opener.focus();
      opener = null;
    }
  });
}
