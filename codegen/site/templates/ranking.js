// Ranks what a search finds. Reads the index in search.js, and uses nothing of the browser.
"use strict";

var Ranking = (() => {
  /**
   * Scores of a match. What has exactly the name that is searched for is first, then what has the word among its search
   * words or in its name, then the rest.
   */
  const EXACT = 100, SEARCH_WORD = 92, IN_NAME = 82, PREFIX = 80, START_OF_WORD = 64, PART_OF_SEARCH_WORD = 55, INSIDE = 40, DESCRIPTION = 26, INSIDE_DESCRIPTION = 14;

  /** What is subtracted by kind: people search for methods and entities more often than for their parts. */
  const COST = { method: 0, entity: 2, enumeration: 6, page: 8, group: 10, scope: 10, stream: 12, event: 12, error: 12, header: 12, parameter: 24, field: 26, value: 30 };
  const OF_OTHER_SERVERS = 30, REMOVED = 24, DEPRECATED = 12;

  const plain = (text) => text.toLowerCase().replaceAll("::", ".");

  /** Normalizes path parameters: `{id}`, `:id` and numbers. */
  const normalizePath = (path) => path.replace(/\{[^}]*\}/g, "*").replace(/\/:[a-z_]+/g, "/*").replace(/\/\d+(?=\/|$)/g, "/*");

  /** The words of a name: `status_post` and `CredentialAccount` have two. */
  const parts = (name) => name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase().split(/[^a-z0-9]+/).filter(Boolean);

  /** An anchor, as the generator writes it. */
  const anchorOf = (text) => text.replace(/[^\w.:-]/g, "-");

  function item(kind, name, context, description, words, since, deprecated, removed, page, anchor) {
    const isMethod = kind === "method";
    const full = isMethod || !context ? plain(name) : plain(`${context}.${name}`);
    const penalty = (since === -2 ? OF_OTHER_SERVERS : 0) + (removed >= 0 ? REMOVED : deprecated >= 0 ? DEPRECATED : 0);
    // The last part of a path such as `application.name`.
    const own = kind === "field" ? name.slice(name.lastIndexOf(".") + 1) : name;
    return {
      kind, name, context, description, since, removed, page, anchor, isOfOtherServers: since === -2,
      plain: plain(own), full, parts: parts(own), words: words ? words.split("|") : [],
      path: isMethod ? normalizePath(context.toLowerCase()) : "", about: description.toLowerCase(),
      cost: COST[kind] + name.length / 40 + penalty,
    };
  }

  /** The items of the index, with the parameters, fields and values that are packed into their owners. */
  function unpack(site) {
    return site.entries.flatMap(([kind, name, page, anchor = "", context = "", description = "", words = "", since = -1, deprecated = -1, removed = -1, below, members = []]) => {
      const target = anchor === 0 ? name : anchor;
      const owner = item(site.kinds[kind], name, context, description, words, since, deprecated, removed, page, target);
      return [owner, ...members.map((member) => {
        const [path, about = "", own = "", from = -1, old = -1, gone = -1] = typeof member === "string" ? [member] : member;
        const place = target ? `${target}.${anchorOf(path)}` : anchorOf(path);
        const isOther = since === -2 && from === -1;
        return item(site.kinds[below], path, name, about, own, isOther ? -2 : from === -1 ? since : from, old, gone === -1 ? removed : gone, page, place);
      })];
    });
  }

  /** The score of a word in a text: at its start, at the start of a word, or inside. */
  function inText(text, word, start, inside) {
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
      if (at === 0 || /[^a-z0-9]/.test(text[at - 1])) return start;
      if (text.indexOf(word, at + 1) < 0) return inside;
    }
    return 0;
  }

  /** The score of one word for an item. */
  function score(item, word) {
    if (word.includes("/") && item.path) {
      const path = normalizePath(word);
      return item.path.endsWith(" " + path) || item.path === path ? EXACT - 5 : inText(item.path, path, 70, INSIDE);
    }
    if (item.plain === word || item.full === word) return EXACT;
    const place = item.words.indexOf(word);
    if (place >= 0) return SEARCH_WORD - Math.min(place, 8) / 2;
    if (item.parts.includes(word)) return IN_NAME;
    if (item.plain.startsWith(word) || item.full.startsWith(word)) return PREFIX;
    if (item.parts.some((part) => part.startsWith(word))) return START_OF_WORD;
    if (item.words.some((own) => own.split(" ").some((part) => part.startsWith(word)))) return PART_OF_SEARCH_WORD;
    if (item.full.includes(word)) return INSIDE;
    return Math.max(inText(item.path, word, INSIDE, INSIDE / 2), inText(item.about, word, DESCRIPTION, INSIDE_DESCRIPTION));
  }

  /** Like `score`; a plural also finds the singular. */
  function scoreOfWord(item, word) {
    const exact = score(item, word);
    if (exact >= IN_NAME || !/[a-z]{3}s$/.test(word)) return exact;
    return Math.max(exact, score(item, word.slice(0, -1)) * 0.9);
  }

  /** The items that match all words of a query, best first. */
  function search(items, query, isShown = () => true) {
    const text = query.trim().toLowerCase().replaceAll("::", ".").replace(/\(/g, ".").replace(/\)/g, "");
    // "GET /api/v1/statuses" is one path.
    const path = /^[a-z]+ \/\S*$/.test(text);
    const words = path ? [text] : text.split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    const found = [];
    for (const item of items) {
      if (!isShown(item)) continue;
      const scores = words.map((word) => scoreOfWord(item, word));
      let total = scores.includes(0) ? 0 : scores.reduce((sum, one) => sum + one) / words.length;
      // "post status" is `status_post` before all else.
      if (words.length > 1 && total && words.every((word) => item.parts.includes(word))) total += EXACT - IN_NAME;
      // Search words such as "edit profile" have a space.
      if (words.length > 1 && item.words.includes(text)) total = SEARCH_WORD;
      if (total) found.push([total - item.cost, item]);
    }
    return found.sort((a, b) => b[0] - a[0]).map(([, item]) => item);
  }

  return { unpack, search };
})();
