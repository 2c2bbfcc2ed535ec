// Search, version selector, comparison of versions, theme, view options and navigation. `cargo codegen site` generates
// the search index, search.js; ranking.js searches in it.
"use strict";

(() => {
  const root = new URL(".", document.currentScript.src);
  const store = {
    get(key) { try { return localStorage.getItem(key); } catch { return null; } },
    set(key, value) { try { value === null ? localStorage.removeItem(key) : localStorage.setItem(key, value); } catch { /* storage is unavailable */ } },
  };

  // Set before the first paint.
  const html = document.documentElement;
  const chosen = store.get("theme");
  if (chosen === "light" || chosen === "dark") html.dataset.theme = chosen;
  const hidesOthers = () => store.get("others") === "hidden";
  const showsReview = () => store.get("review") === "shown";
  html.classList.toggle("ui-mastodon-only", hidesOthers());
  html.classList.toggle("ui-review", showsReview());

  /** Creates an element with attributes and children. */
  function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
      else if (value !== null) element.setAttribute(key, value);
    }
    element.append(...children);
    return element;
  }

  const pageUrl = (page, anchor) => root.href + page + (anchor ? "#" + anchor : "");

  /** Sets query parameters of the page without reloading it. */
  function setParameters(parameters) {
    const here = new URL(location.href);
    for (const [key, value] of Object.entries(parameters)) {
      if (value) here.searchParams.set(key, value); else here.searchParams.delete(key);
    }
    try { history.replaceState(history.state, "", here); } catch { /* not allowed for this URL */ }
  }

  // ---- Versions ----

  /** The three numbers of a version; `4.2` means the last 4.2.x version. */
  const numbers = (version) => [0, 1, 2].map((at) => parseInt(version.split(/[.-]/)[at] ?? "Infinity", 10)).map((number) => (Number.isNaN(number) ? Infinity : number));

  /** The position of a version among the releases, or of the last one before it. */
  function position(version) {
    const exact = SITE.releases.indexOf(version);
    if (exact >= 0 || !/^\d/.test(version)) return exact;
    const target = numbers(version);
    return SITE.releases.findLastIndex((release) => {
      const own = numbers(release);
      const differs = own.findIndex((number, at) => number !== target[at]);
      return differs < 0 || own[differs] < target[differs];
    });
  }

  let version = -1; // Its index, or -1 for all versions.
  const watchers = [];

  /** The reason why the chosen version does not support an item, or an empty string. */
  function lacks(since, removed) {
    if (version < 0) return "";
    if (since > version) return `not in ${SITE.releases[version]}`;
    if (removed >= 0 && removed <= version) return `removed in ${SITE.releases[version]}`;
    return "";
  }

  function choose(at) {
    version = at;
    const name = at < 0 ? null : SITE.releases[at];
    store.set("version", name);
    setParameters({ v: name });
    for (const element of document.querySelectorAll("main [data-s], main [data-d], main [data-r]")) {
      const number = (key) => (key in element.dataset ? Number(element.dataset[key]) : -1);
      const message = lacks(number("s"), number("r"));
      element.classList.toggle("ui-lacks", message !== "");
      const heading = element.querySelector("li:scope > p:first-child, :scope > h1, :scope > h3, :scope > .text > h2");
      element.querySelector(":scope .ui-state")?.remove();
      if (message && heading) heading.append(make("span", { class: "ui-state" }, message));
      else if (message) element.title = message;
      else element.removeAttribute("title");
    }
    for (const watcher of watchers) watcher();
  }

  function versionOptions(from = 0) {
    const releases = SITE.releases.map((release, at) => [release, at]).slice(from).reverse();
    return releases.map(([release, at]) => make("option", { value: at }, at > SITE.newest ? `${release} (not released yet)` : release));
  }

  function versionSelector() {
    const select = make("select", { id: "ui-version", "aria-label": "Version", onchange: () => choose(Number(select.value)) });
    select.append(make("option", { value: -1 }, "All versions"), ...versionOptions());
    const requested = new URL(location.href).searchParams.get("v") ?? store.get("version");
    const at = requested ? position(requested) : -1;
    select.value = at;
    return [make("label", { class: "ui-version" }, make("span", {}, "Version"), select), at];
  }

  // ---- Theme ----

  function themeSwitch() {
    const button = make("button", { type: "button", onclick: () => { change(isDark() ? "light" : "dark"); } }, "◐");
    const isDark = () => (html.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
    function change(theme) {
      if (theme) { html.dataset.theme = theme; store.set("theme", theme); }
      const label = isDark() ? "Use the light theme" : "Use the dark theme";
      button.setAttribute("aria-label", label);
      button.title = label;
    }
    change(null);
    return button;
  }

  // ---- View options ----

  /** A switch whose state is stored. */
  function option(text, isOn, change) {
    const input = make("input", { type: "checkbox", onchange: () => change(input.checked) });
    input.checked = isOn;
    return make("label", {}, input, text);
  }

  function viewOptions() {
    const others = option("Items of other servers", !hidesOthers(), (on) => {
      store.set("others", on ? null : "hidden");
      html.classList.toggle("ui-mastodon-only", !on);
    });
    const review = option("Notes for reviewers", showsReview(), (on) => {
      store.set("review", on ? "shown" : null);
      html.classList.toggle("ui-review", on);
    });
    const summary = make("summary", {}, "View");
    const box = make("details", { class: "ui-view" }, summary, make("div", {}, others, review));
    document.addEventListener("click", (event) => { if (!box.contains(event.target)) box.open = false; });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && box.open) { box.open = false; summary.focus(); }
    });
    return box;
  }

  /** A link to a hidden item shows it. */
  function showTarget() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    document.querySelectorAll(".ui-shown").forEach((element) => element.classList.remove("ui-shown"));
    for (let own = target?.closest("[data-o]"); own; own = own.parentElement.closest("[data-o]")) own.classList.add("ui-shown");
    return target;
  }

  // ---- Navigation ----

  function navigation() {
    const nav = document.getElementById("ui-nav");
    const here = document.body.dataset.page;
    const entities = new Map(SITE.entries.filter((entry) => SITE.kinds[entry[0]] === "entity").map((entry) => [entry[2], entry]));
    const mark = (isOther) => (isOther ? { "data-o": "" } : {});
    const links = [];
    nav.replaceChildren(...SITE.navigation.flatMap(([title, pages, isOther]) => [
      make("h2", mark(isOther), title),
      make("ul", mark(isOther), ...pages.map(([name, at]) => {
        const page = SITE.pages[at];
        const link = make("a", { href: pageUrl(page), "aria-current": page === here ? "page" : null }, name);
        if (entities.has(at)) links.push([link, entities.get(at)]);
        const item = make("li", {}, link);
        const methods = page === here ? [...document.querySelectorAll("article.method")] : [];
        if (methods.length) item.append(make("ul", {}, ...methods.map(({ id }) => make("li", {}, make("a", { href: "#" + id }, ...breakable(id))))));
        return item;
      })),
    ]));
    watchers.push(() => {
      for (const [link, entry] of links) link.style.color = lacks(entry[7] ?? -1, entry[9] ?? -1) ? "var(--muted)" : "";
    });
    const current = nav.querySelector("[aria-current]");
    if (current) nav.scrollTop = current.offsetTop - nav.clientHeight / 3;
    follow(nav);
    const menu = make("button", { type: "button", class: "ui-menu", "aria-label": "Menu", "aria-controls": "ui-nav", onclick: () => toggle() }, "☰");
    const toggle = (open) => menu.setAttribute("aria-expanded", String(document.body.classList.toggle("ui-open", open)));
    toggle(false);
    nav.addEventListener("click", (event) => { if (event.target.closest("a")) toggle(false); });
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") toggle(false); });
    return menu;
  }

  /** A name that can be broken after underscores. */
  const breakable = (name) => name.split(/(?<=_)/).flatMap((part, at) => (at ? [make("wbr"), part] : [part]));

  /** Marks the method at the current scroll position in the list of pages. */
  function follow(nav) {
    const seen = new Set();
    const watcher = new IntersectionObserver((changes) => {
      for (const { target, isIntersecting } of changes) isIntersecting ? seen.add(target) : seen.delete(target);
      const articles = [...document.querySelectorAll("article.method")];
      const first = articles.find((article) => seen.has(article));
      for (const link of nav.querySelectorAll("li li a")) link.classList.toggle("ui-here", first !== undefined && link.hash === "#" + first.id);
    }, { rootMargin: "-20% 0px -60% 0px" });
    for (const article of document.querySelectorAll("article.method")) watcher.observe(article);
  }

  // ---- Search ----

  let index = null;
  const prepare = () => (index ??= Ranking.unpack(SITE));

  /** The best results; without what only other servers have, if that is hidden. */
  const search = (query) => Ranking.search(prepare(), query, (item) => !(item.isOfOtherServers && hidesOthers())).slice(0, 40);

  function result(item, number) {
    const { kind, name, context, description, since, removed, page, anchor } = item;
    const owner = kind === "method" ? "" : context;
    const title = make("b", {}, ...(owner ? [make("i", {}, owner + (kind === "value" ? "::" : ".")), name] : [name]));
    const message = lacks(since, removed);
    const option = { role: "option", id: `ui-result-${number}`, "aria-selected": "false", tabindex: "-1", class: message ? "ui-lacks" : null };
    const link = make("a", { href: pageUrl(SITE.pages[page], anchor), ...option }, make("small", {}, kind), title);
    const below = [message, item.isOfOtherServers ? "not in Mastodon" : "", kind === "method" ? context : "", description].filter(Boolean).join(" · ");
    if (below) link.append(make("em", {}, below));
    return link;
  }

  function searchBox() {
    const list = make("div", { class: "ui-results", id: "ui-results", role: "listbox", "aria-label": "Results", hidden: "" });
    const status = make("span", { class: "ui-skip", role: "status" });
    const input = make("input", {
      type: "search", id: "ui-search", role: "combobox", "aria-label": "Search the API", "aria-controls": "ui-results", "aria-expanded": "false",
      "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false", placeholder: "Search methods, paths, fields …   /",
    });
    let at = -1;
    const options = () => [...list.querySelectorAll("[role=option]")];

    function show(visible) {
      list.hidden = !visible;
      input.setAttribute("aria-expanded", String(visible));
      if (!visible) select(-1);
    }
    function select(next) {
      at = next;
      options().forEach((option, number) => option.setAttribute("aria-selected", String(number === at)));
      const current = options()[at];
      if (current) { input.setAttribute("aria-activedescendant", current.id); current.scrollIntoView({ block: "nearest" }); }
      else input.removeAttribute("aria-activedescendant");
    }
    function update() {
      const query = input.value.trim();
      if (!query) { list.replaceChildren(); status.textContent = ""; return show(false); }
      const started = performance.now();
      const found = search(query);
      list.replaceChildren(...(found.length ? found.map(result) : [make("div", { role: "option", "aria-disabled": "true", class: "ui-none" }, "No results.")]));
      input.dataset.took = String(performance.now() - started);
      status.textContent = `${found.length} results`;
      list.scrollTop = 0;
      show(true);
      select(found.length ? 0 : -1);
    }
    input.addEventListener("input", update);
    input.addEventListener("focus", () => { prepare(); if (input.value.trim()) update(); });
    input.addEventListener("keydown", (event) => {
      const count = options().length;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) update();
        else if (count) select((at + (event.key === "ArrowDown" ? 1 : count - 1)) % count);
      } else if (event.key === "Enter") {
        const link = options()[at];
        if (link?.href) { event.preventDefault(); show(false); input.blur(); location.href = link.href; }
      } else if (event.key === "Escape") {
        if (list.hidden) input.value = "";
        show(false);
      }
    });
    document.addEventListener("keydown", (event) => {
      const isTyping = event.target.closest?.("input, textarea, select");
      if ((event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) || (event.key === "k" && (event.ctrlKey || event.metaKey))) {
        event.preventDefault();
        input.focus();
        input.select();
      }
    });
    const box = make("div", { class: "ui-search" }, input, list, status);
    document.addEventListener("click", (event) => { if (!box.contains(event.target) || event.target.closest("a")) show(false); });
    return box;
  }

  // ---- Comparison of two versions ----

  function comparison(container) {
    const sections = [...document.querySelectorAll("[data-release], .release:not([data-release])")];
    const number = (section) => ("release" in section.dataset ? Number(section.dataset.release) : -1);
    const here = new URL(location.href).searchParams;
    const options = () => [...versionOptions(), make("option", { value: -1 }, "the first version")];
    const picker = (id, value) => {
      const select = make("select", { id, onchange: compare }, ...options());
      select.value = value;
      return select;
    };
    const selected = (key, otherwise) => (here.has(key) ? position(here.get(key)) : otherwise);
    const minor = SITE.releases.findLastIndex((release, at) => at < SITE.newest && /\.0$/.test(release) && numbers(release)[1] !== numbers(SITE.releases[SITE.newest])[1]);
    const from = picker("ui-from", selected("from", minor));
    const to = picker("ui-to", selected("to", SITE.newest));
    const out = make("div", { id: "ui-compared", "aria-live": "polite" });
    const all = make("button", { type: "button", onclick: showAll, hidden: "" }, "Show all versions");
    container.append(
      make("form", { class: "ui-form", onsubmit: (event) => { event.preventDefault(); compare(); } },
        make("b", {}, "Compare"),
        make("label", {}, "from", from),
        make("label", {}, "to", to),
        make("button", { type: "submit" }, "Compare"), all),
      out,
    );

    function showAll() {
      out.replaceChildren();
      all.hidden = true;
      for (const section of sections) section.hidden = false;
      setParameters({ from: null, to: null });
    }

    /** Methods first, as in each release. */
    const kinds = ["method", "alias", "parameter", "entity", "field", "value"];
    function sorted(items) {
      const rank = ([item]) => kinds.indexOf(item.firstChild.textContent) >>> 0; // others last
      return items.sort((a, b) => rank(a) - rank(b));
    }

    function compare() {
      const [first, last] = [Number(from.value), Number(to.value)].sort((a, b) => a - b);
      const name = (at) => SITE.releases[at] ?? "";
      setParameters({ from: name(first) || "0.0.0", to: name(last) });
      const lists = { added: new Map(), deprecated: new Map(), removed: new Map() };
      // Oldest first, so that items that are added and later removed cancel out.
      for (const section of sections.slice().reverse()) {
        if (number(section) <= first || number(section) > last) continue;
        for (const kind of Object.keys(lists)) {
          for (const item of section.querySelectorAll(`.items.${kind} > li`)) {
            const key = item.textContent;
            if (kind === "removed") {
              lists.deprecated.delete(key);
              if (lists.added.delete(key)) continue;
            }
            lists[kind].set(key, [item, number(section)]);
          }
        }
      }
      const titles = { added: "Added", deprecated: "Deprecated", removed: "Removed" };
      const summary = Object.entries(lists).map(([kind, items]) => `${items.size} ${kind}`).join(", ");
      const parts = Object.entries(lists).filter(([, items]) => items.size).flatMap(([kind, items]) => [
        make("h3", { class: kind }, titles[kind] + " ", make("span", { class: "count" }, String(items.size))),
        make("ul", { class: `items ${kind}` }, ...sorted([...items.values()]).map(([item, at]) => {
          const copy = item.cloneNode(true);
          copy.querySelector("a, code").after(" ", make("span", { class: "badge mark" }, name(at)));
          return copy;
        })),
      ]);
      out.replaceChildren(make("h2", {}, `From ${name(first) || "the first version"} to ${name(last) || "the first version"}`), make("p", {}, summary + "."), ...parts);
      for (const section of sections) section.hidden = true;
      all.hidden = false;
    }

    if (here.has("from") || here.has("to")) compare();
  }

  // ---- Code ----

  const TOKENS = /'[^']*'|"(?:[^"\\]|\\.)*"|\b(?:let|mut|await|use|curl|export)\b|(?<=\s)--?[A-Za-z][a-z-]*/g;

  /** Highlights strings and keywords. Text and links are unchanged. */
  function highlight(code) {
    for (const node of [...code.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE)) {
      const parts = [];
      let end = 0;
      for (const match of node.data.matchAll(TOKENS)) {
        parts.push(node.data.slice(end, match.index), make("span", { class: /^['"]/.test(match[0]) ? "ui-string" : "ui-word" }, match[0]));
        end = match.index + match[0].length;
      }
      node.replaceWith(...parts, node.data.slice(end));
    }
  }

  function prepareFigure(figure) {
    const caption = figure.querySelector("figcaption");
    const pre = figure.querySelector("pre");
    const title = caption.textContent;
    // Scrollable blocks must be reachable by keyboard.
    pre.tabIndex = 0;
    pre.setAttribute("role", "region");
    pre.setAttribute("aria-label", `${figure.closest("[id]")?.id ?? ""} ${title}`);
    // A response is not copied: entities in it are links.
    if (!figure.classList.contains("answer")) caption.append(copyButton(title, pre));
  }

  function copyButton(title, pre) {
    const button = make("button", { type: "button", "aria-label": `Copy: ${title}`, onclick: async () => {
      try {
        await navigator.clipboard.writeText(pre.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(pre);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    } }, "Copy");
    return button;
  }

  /** Makes the name of a parameter, field or value a link to itself. */
  function addLink(item) {
    const name = item.querySelector(":scope > p:first-child > code:first-child");
    if (!name) return;
    const link = make("a", { href: "#" + item.id });
    name.replaceWith(link);
    link.append(name);
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.body.classList.add("ui-ready");
    const [selector, at] = versionSelector();
    const bar = document.getElementById("ui-bar");
    const menu = navigation();
    bar.append(searchBox(), selector, viewOptions(), themeSwitch(), menu);
    document.querySelectorAll("figure").forEach(prepareFigure);
    document.querySelectorAll("pre").forEach(highlight);
    document.querySelectorAll("li[id]").forEach(addLink);
    const container = document.getElementById("ui-compare");
    if (container) comparison(container);
    choose(at);
    // The elements added above can move the target of the URL.
    if (location.hash) showTarget()?.scrollIntoView({ behavior: "instant" });
    addEventListener("hashchange", () => showTarget()?.scrollIntoView());
  });
})();
