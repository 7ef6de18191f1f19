// Unfold's menus and switches are <span>, <div> and <a> without href that only a mouse can press. This makes them
// buttons: reachable by Tab, pressed by Enter and Space, named, and telling whether what they open is open.
// It also gives each page its landmarks and a skip link, and hides from screen readers the names of the icons.
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

  // "openTheme = !openTheme" and "filterOpen = true" open what stands under [x-show=openTheme], [x-show=filterOpen].
  const opens = (element) => (element.getAttribute("x-on:click") || "").match(/^(\w+) = (?:!\1|true)\b/)?.[1];
  // "adminTheme = 'dark'" and "switchTheme('dark')" choose one of several.
  const chooses = (element) => (element.getAttribute("x-on:click") || "").match(/^(?:adminTheme = |switchTheme\()('\w+')/)?.[1];

  // What the element says apart from its icons, which are words to a screen reader.
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

  function addLandmarks() {
    const content = document.getElementById("content");
    const main = content || document.querySelector("#page > div");
    if (!main || document.querySelector("main")) return;
    main.setAttribute("role", "main");
    document.querySelector("#header-inner")?.parentElement.parentElement.setAttribute("role", "banner");
    document.querySelectorAll("#nav-sidebar-inner").forEach((nav) => nav.setAttribute("aria-label", "Main"));
    document.querySelectorAll("[x-show=openUserLinks]").forEach((nav) => nav.setAttribute("aria-label", "Your account"));
    document.querySelectorAll("#nav-sidebar a.active").forEach((link) => link.setAttribute("aria-current", "page"));
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
    document.querySelector("#searchbar-submit")?.setAttribute("aria-label", "Search");
    document.querySelector("#searchbar")?.setAttribute("aria-label", "Search");
    document.querySelector("#command-submit")?.setAttribute("aria-label", "Search");
    document.querySelectorAll("label > .hidden > input.delete").forEach((box) => box.setAttribute("aria-label", "Delete"));
    // The site's icon leads where the site's name beside it leads.
    document.querySelectorAll("#nav-sidebar a:has(> .material-symbols-outlined:only-child)").forEach((link) => {
      link.setAttribute("aria-hidden", "true");
      link.tabIndex = -1;
    });
  }

  // select2 names its boxes after what is chosen in them; they are called what their field is called.
  function nameSelects() {
    document.querySelectorAll("select.select2-hidden-accessible").forEach((select) => {
      const box = select.nextElementSibling?.querySelector("[role=combobox]");
      const label = select.labels[0];
      if (!box || !label) return;
      label.id ||= `${select.id}_label`;
      box.setAttribute("aria-labelledby", `${label.id} ${box.getAttribute("aria-labelledby").split(" ").pop()}`);
      box.querySelectorAll("[role=textbox]").forEach((chosen) => chosen.setAttribute("aria-labelledby", label.id));
      if (box.getAttribute("aria-expanded") !== "true") return;
      box.setAttribute("aria-controls", `select2-${select.id}-results`);
      document.querySelector(".select2-dropdown .select2-search__field")?.setAttribute("aria-labelledby", label.id);
    });
  }

  document.addEventListener("alpine:init", () => {
    document.querySelectorAll(PRESSABLE).forEach((element) => {
      if (element.id === "changelist-filter-close") return; // the backdrop; Escape does the same
      makeButton(element.matches("h3") ? element.querySelector("strong") : element); // a heading that folds holds links too
    });
    addLandmarks();
    nameWhatIsOnlyAnIcon();
    new MutationObserver((changes) => {
      if (changes.some((change) => [...change.addedNodes].some((node) => node.matches?.(".select2-container")))) nameSelects();
    }).observe(document.body, { childList: true, subtree: true });
  });

  // What a keyboard opened takes the focus, and gives it back when Escape closes it.
  let opener = null;
  const visible = (element) => element.getClientRects().length > 0;

  function enter(button) {
    const name = opens(button);
    const region = name === "sidebarMobileOpen" ? document.getElementById("nav-sidebar") : [...document.querySelectorAll(`[x-show=${name}]`)].find(visible);
    const first = region && [...region.querySelectorAll("a[href], button, input, select, [tabindex='0']")].find(visible);
    if (!first) return;
    opener = button;
    first.focus();
  }

  document.addEventListener("keydown", (event) => {
    const pressed = event.target.closest?.("[role=button]:not(button, a[href])");
    if (pressed && pressed === event.target && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      pressed.click();
      if (opens(pressed)) setTimeout(() => pressed.getAttribute("aria-expanded") === "true" && enter(pressed), 100);
    } else if (event.key === "Escape" && opener) {
      if (opener.getAttribute("aria-expanded") === "true" && opens(opener) !== "filterOpen") opener.click();
      opener.focus();
      opener = null;
    }
  });
}
