// Tests of the search, on the index of the whole API, without a browser.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { runInNewContext } from "node:vm";

const script = async (name) => readFile(new URL(`site/${name}`, import.meta.url), "utf8");
const global = {};
global.window = global;
runInNewContext(`${await script("ranking.js")}\n${await script("search.js")}`, global);
const { Ranking, SITE } = global;
const items = Ranking.unpack(SITE);

const separators = { value: "::", field: ".", parameter: "." };
const title = ({ kind, context, name }) => (kind in separators ? context + separators[kind] + name : name);
const found = (query, isShown) => Ranking.search(items, query, isShown);
const titles = (query, count = 40) => Array.from(found(query), title).slice(0, count);

test("what has the name that is searched for is the first result", () => {
  const best = {
    status_post: "status_post",
    "/api/v1/statuses/:id/context": "status_context",
    "GET /api/v1/timelines/home": "timeline_home",
    "get /api/v1/timelines/home": "timeline_home",
    "/api/v1/accounts/123/follow": "account_follow",
    "status_post(visibility)": "status_post.visibility",
    "Admin::Report": "Admin::Report",
    "status.content": "Status.content",
    "Status.application.name": "Status.application.name",
    unlisted: "Visibility::unlisted",
    "write:bookmarks": "write:bookmarks",
    newpoll: "NewPoll",
    visibility: "Visibility",
  };
  for (const [query, expected] of Object.entries(best)) assert.equal(titles(query)[0], expected, query);
});

test("methods and the entity come before values of enumerations", () => {
  for (const query of ["status", "reblog", "follow", "poll", "favourite", "list"]) {
    const kinds = Array.from(found(query), ({ kind }) => kind);
    assert.ok(kinds[0] === "method" || kinds[0] === "entity", query);
    assert.ok(kinds.includes("method") && !kinds.slice(0, kinds.indexOf("method")).includes("value"), query);
  }
  const results = Array.from(found("status"), ({ kind, name }) => [kind, name]);
  assert.deepEqual(results.slice(0, 2).sort(), [["entity", "Status"], ["method", "status"]]);
  assert.ok(results.slice(0, 10).filter(([kind]) => kind === "method").length >= 7, "most of the first results are methods");
  assert.ok(!results.slice(0, 10).some(([kind]) => kind === "value"));
});

test("words of other clients and of users find the method", () => {
  const expected = {
    boost: "status_reblog",
    reblog: "status_reblog",
    me: "account_verify_credentials",
    whoami: "account_verify_credentials",
    toot: "status_post",
    tweet: "status_post",
    like: "status_favourite",
    "edit profile": "account_update_credentials",
    signup: "account_create",
  };
  for (const [query, method] of Object.entries(expected)) assert.ok(titles(query, 3).includes(method), `${query}: ${titles(query, 5)}`);
});

test("each search word of the specification finds its item", () => {
  for (const item of items) {
    for (const word of item.words) assert.ok(found(word).includes(item), `${word}: ${title(item)}`);
  }
  assert.ok(items.some((item) => item.words.length > 0));
});

test("a plural finds the singular", () => {
  assert.ok(titles("boosts", 5).includes("status_reblog"), titles("boosts", 5).join());
});

test("all words have to match", () => {
  assert.deepEqual(titles("status <b>nothing"), []);
  assert.equal(titles("pin status")[0], "status_pin");
  assert.equal(titles("post status")[0], "status_post");
});

test("what only other servers have comes last, and can be left out", () => {
  const results = Array.from(found("react"));
  assert.ok(results.some((item) => item.isOfOtherServers));
  assert.ok(Array.from(found("react", (item) => !item.isOfOtherServers)).every((item) => !item.isOfOtherServers));
  const same = Array.from(found("conversation")).filter(({ kind }) => kind === "method" || kind === "entity");
  assert.ok(!same[0].isOfOtherServers);
});

test("removed methods come after current ones", () => {
  const methods = Array.from(found("status"), (item) => item).filter(({ kind }) => kind === "method");
  const at = (name) => methods.findIndex((item) => item.name === name);
  assert.ok(at("status_card") > at("status_post"));
});

test("every item leads to an anchor that exists", async () => {
  const anchors = new Map();
  for (const { page, anchor } of items) {
    const path = SITE.pages[page];
    if (!anchors.has(path)) {
      const html = await script(path);
      anchors.set(path, new Set(html.match(/ id="?[^\s">]+/g)?.map((id) => id.replace(/ id="?/, ""))));
    }
    assert.ok(!anchor || anchors.get(path).has(anchor), `${path}#${anchor}`);
  }
});
