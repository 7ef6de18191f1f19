// Runs Unfold's templates without eval, on Alpine's CSP build (see README.md beside this file).
// That build evaluates expressions, but no globals, statements or arrow functions. So the globals
// that Unfold's expressions use are added to Alpine's scope, and three expressions are replaced.
"use strict";
{
  htmx.config.allowEval = false;
  htmx.config.includeIndicatorStyles = false;
  // Without "style": the policy blocks such an attribute when htmx copies it to a refreshed element.
  htmx.config.attributesToSettle = ["class", "width", "height"];

  document.addEventListener("alpine:init", () => {
    const globals = {
      localStorage: {
        getItem: (key) => localStorage.getItem(key),
        setItem: (key, value) => localStorage.setItem(key, value),
      },
      window: { location: { pathname: location.pathname, search: location.search } },
      getCurrentTab,
      moveRecords,
      sortRecords,
    };
    Alpine.data("theme", (...options) => Object.assign(theme(...options), globals));
    // Unfold's shortcut of a single character cannot be switched off, and speech input may press it
    // by accident (WCAG 2.1.4). The console has its own (console.js).
    Alpine.data("searchForm", () => ({ applyShortcut() {} }));

    const rewrite = (name, found, expression) =>
      document
        .querySelectorAll(`[${CSS.escape(name)}*="${found}"]`)
        .forEach((element) => element.setAttribute(name, expression));
    rewrite("x-on:click", "sidebarDesktopOpen", "sidebarDesktopOpen = !sidebarDesktopOpen");
    // Alpine sets a style given as text as an inline style, which the policy forbids. A style given
    // as an object it sets through the DOM, which the policy allows.
    rewrite("x-bind:style", "changeListWidth", "{ width: changeListWidth + 'px' }");
    // The form of an old version has a "History" action that does nothing. Its "Close" leads there.
    document.querySelectorAll("li > a[x-on\\:click*=actionDropdownOpen]").forEach((action) => {
      if (action.closest("[x-data*=actionDropdownOpen]")) return;
      action.closest("[x-data*=showActions]").remove();
    });
    const body = document.body;
    if (body.getAttribute("x-data").includes("activeTab")) {
      body.setAttribute("x-init", "activeTab = getCurrentTab() || activeTab");
    } else {
      body.removeAttribute("x-init");
    }
  });

  document.addEventListener("alpine:initialized", () => {
    const shell = Alpine.$data(document.body);
    Alpine.effect(() => {
      localStorage.setItem("sidebarDesktopOpen", shell.sidebarDesktopOpen ? "1" : "0");
    });
  });
}
