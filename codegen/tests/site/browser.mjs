// Tests of the website in a browser.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { problems, files, finish, folder, http, open, test } from "./harness.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pages = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".html")).sort();

const STATUSES = "methods/statuses.html";
const phone = { viewport: { width: 360, height: 740 } };

/** The titles of search results, best first. */
async function found(page, query) {
  await page.fill("#ui-search", query);
  return page.locator("#ui-results b").allTextContents();
}

/** Whether the element is visible between the bar and the end of the window. */
const inView = (page, id) =>
  page.waitForFunction((id) => {
    const top = document.getElementById(id).getBoundingClientRect().top;
    return top >= document.getElementById("ui-bar").getBoundingClientRect().bottom - 1 && top < innerHeight - 20;
  }, id);

/** The accessibility violations in the current state of the page. */
async function accessibilityViolations(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run({ preload: false, resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }));
  return violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => `${id}: ${node.html} ${node.failureSummary}`));
}

await test("results are shown best match first, quickly", () =>
  open(files + "index.html", {}, async (page) => {
    let slowest = 0;
    for (const [query, title] of [["status_post", "status_post"], ["status_post(visibility)", "status_post.visibility"], ["unlisted", "Visibility::unlisted"]]) {
      assert.equal((await found(page, query))[0], title, query);
      slowest = Math.max(slowest, Number(await page.getAttribute("#ui-search", "data-took")));
    }
    assert.deepEqual(await found(page, "<b>nothing"), []);
    console.log(`        the slowest search took ${slowest.toFixed(1)} ms`);
  }));

await test("search works with the keyboard alone", () =>
  open(files + STATUSES, {}, async (page) => {
    await page.keyboard.press("/");
    await page.keyboard.type("visibility");
    const input = page.locator("#ui-search");
    assert.equal(await input.getAttribute("aria-expanded"), "true");
    const first = await input.getAttribute("aria-activedescendant");
    await page.keyboard.press("ArrowDown");
    assert.notEqual(await input.getAttribute("aria-activedescendant"), first);
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.waitForURL(/entities\/Status\.html#Visibility$/);
    await inView(page, "Visibility");
    await page.keyboard.press("/");
    await page.keyboard.press("Escape");
    assert.ok(await page.locator("#ui-results").isHidden());
  }));

await test("unsupported items are gray, supported ones are not", () =>
  open(files + STATUSES, {}, async (page) => {
    const isGray = async (id) => page.evaluate((id) => document.getElementById(id).classList.contains("ui-lacks"), id);
    const choose = (label) => page.selectOption("#ui-version", { label });
    assert.equal(await page.locator(".ui-lacks").count(), 0);
    await choose("4.2.0");
    assert.ok(await isGray("status_post.quoted_status_id"), "since 4.5.0");
    assert.ok(await isGray("status_quotes"), "since 4.5.0");
    assert.ok(await isGray("status_card"), "removed in 3.0.0");
    assert.ok(!(await isGray("status_post.poll")), "since 2.8.0");
    assert.match(await page.locator("#status_quotes > .text > h2").innerText(), /not in 4\.2\.0/);
    assert.match(await page.locator("#status_card > .text > h2").innerText(), /removed in 4\.2\.0/);
    await choose("2.7.2");
    assert.ok(await isGray("status_post.poll"));
    assert.ok(!(await isGray("status_card")));
    await choose("All versions");
    assert.equal(await page.locator(".ui-lacks, .ui-state").count(), 0);
  }));

for (const [kind, base] of [["from files", files], ["from a server", http]]) {
  await test(`the version is in the URL and is stored, ${kind}`, () =>
    open(base + STATUSES, {}, async (page, context) => {
      await page.selectOption("#ui-version", { label: "4.2.0" });
      assert.equal(new URL(page.url()).searchParams.get("v"), "4.2.0");
      await page.click("#ui-nav >> text=Timelines");
      await page.waitForURL(/timelines\.html\?v=4\.2\.0/);
      assert.equal(await page.locator("#ui-version option:checked").innerText(), "4.2.0");
      const other = await context.newPage();
      await other.goto(base + "entities/Quote.html?v=4.3.7");
      assert.equal(await other.locator("#ui-version option:checked").innerText(), "4.3.0");
      assert.match(await other.locator("h1").innerText(), /not in 4\.3\.0/);
    }));

  await test(`a link scrolls to its target, ${kind}`, async () => {
    for (const [path, id] of [[STATUSES, "status_post.visibility"], ["entities/Status.html", "application.name"], ["entities/Status.html", "Visibility.direct"], ["scopes.html", "admin:write:reports"], ["versions.html", "v4.0.0"]]) {
      await open(`${base}${path}?v=4.2.0#${id}`, {}, (page) => inView(page, id));
    }
  });
}

await test("comparison of two versions matches the command", async () => {
  const releases = JSON.parse(await readFile(new URL("since.json", import.meta.url), "utf8"));
  const names = (kind) => new Set(releases.flatMap((release) => release[kind].map((item) => item.name)));
  await open(files + "versions.html", {}, async (page) => {
    await page.selectOption("#ui-from", { label: "4.4.0" });
    await page.selectOption("#ui-to", { label: "4.6.0" });
    const listed = async (kind) => new Set(await page.locator(`#ui-compared .items.${kind} > li > a`).allTextContents());
    for (const kind of ["added", "removed"]) {
      assert.ok(names(kind).size > 0);
      assert.deepEqual([...(await listed(kind))].sort(), [...names(kind)].sort(), kind);
    }
    assert.ok((await listed("deprecated")).size > 0);
    assert.equal(await page.locator(".release:visible").count(), 0);
    // The same comparison from its URL, in reverse order.
    const text = await page.locator("#ui-compared").innerText();
    const parameters = new URL(page.url()).searchParams;
    assert.deepEqual([parameters.get("from"), parameters.get("to")], ["4.4.0", "4.6.0"]);
    await page.goto(files + "versions.html?from=4.6.0&to=4.4.0");
    assert.equal(await page.locator("#ui-compared").innerText(), text);
    await page.click("text=Show all versions");
    assert.ok((await page.locator(".release:visible").count()) > 40);
    // Items that were added and removed in between are not listed.
    await page.goto(files + "versions.html?from=0.0.0&to=4.6.0");
    assert.ok(!(await listed("added")).has("status_card"));
  });
});

await test("the theme of the system is the default, a chosen theme is stored", () =>
  open(files + "index.html", { colorScheme: "dark" }, async (page) => {
    const back = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await back();
    await page.getByRole("button", { name: "Use the light theme" }).click();
    assert.notEqual(await back(), dark);
    await page.reload();
    assert.notEqual(await back(), dark);
    await page.getByRole("button", { name: "Use the dark theme" }).click();
    assert.equal(await back(), dark);
  }));

await test("notes for reviewers are hidden until they are switched on, and stay on", () =>
  open(http + STATUSES, {}, async (page) => {
    const note = page.locator(".note").first();
    assert.ok(await note.isHidden());
    await page.locator(".ui-view summary").click();
    await page.getByLabel("Notes for reviewers").check();
    assert.ok(await note.isVisible());
    await page.reload();
    assert.ok(await note.isVisible());
    await page.locator(".ui-view summary").click();
    await page.getByLabel("Notes for reviewers").uncheck();
    assert.ok(await note.isHidden());
  }));

await test("items of other servers can be hidden, except on their own pages and where a link leads to them", () =>
  open(http + "entities/Status.html", {}, async (page) => {
    const value = page.locator('[id="Visibility.local"]');
    assert.match(await value.innerText(), /Pleroma since 2\.3\.0/);
    await page.locator(".ui-view summary").click();
    await page.getByLabel("Items of other servers").uncheck();
    assert.ok(await value.isHidden());
    assert.ok(await page.locator('[id="Visibility.public"]').isVisible());
    assert.equal(await page.locator("#ui-nav >> text=Methods of other servers").isHidden(), true);
    assert.ok(!(await found(page, "Visibility::local")).includes("Visibility::local"));
    await page.goto(http + "methods/servers_pleroma.html");
    assert.ok(await page.locator("#scrobble_post").isVisible());
    await page.goto(http + "entities/Status.html#Visibility.local");
    assert.ok(await value.isVisible());
  }));

await test("request and response are beside each other on wide screens, below each other on phones", async () => {
  const boxes = (options) => open(files + STATUSES, options, async (page) => {
    const box = (selector) => page.locator(`#status_post ${selector}`).first().boundingBox();
    return [await box(".text"), await box("figure"), await box("figure.answer")];
  });
  const [text, request, answer] = await boxes({ viewport: { width: 1920, height: 1000 } });
  assert.ok(text.x + text.width <= request.x && request.x + request.width <= answer.x);
  const [, besideText] = await boxes({ viewport: { width: 1440, height: 900 } });
  assert.ok(besideText.x > 700);
  const [textAbove, requestBelow, answerBelow] = await boxes(phone);
  assert.ok(textAbove.y + textAbove.height <= requestBelow.y && requestBelow.y + requestBelow.height <= answerBelow.y);
});

await test("calls are copied unchanged", () =>
  open(http + STATUSES, { permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
    const figure = page.locator("#status_post figure:not(.answer)").last();
    await figure.getByRole("button").click();
    await page.waitForFunction(() => [...document.querySelectorAll("figcaption button")].some((button) => button.textContent === "Copied"));
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied, await figure.locator("pre").evaluate((pre) => pre.textContent));
    assert.match(copied, /^curl https:\/\/mastodon\.example\/api\/v1\/statuses \\\n {2}-H "Authorization: Bearer \$TOKEN"/);
  }));

await test("on a phone the navigation opens, links to pages and closes", () =>
  open(files + STATUSES, { ...phone, hasTouch: true }, async (page) => {
    const nav = page.locator("#ui-nav");
    assert.ok(await nav.isHidden());
    const menu = page.getByRole("button", { name: "Menu" });
    await menu.click();
    assert.ok(await nav.isVisible());
    assert.equal(await menu.getAttribute("aria-expanded"), "true");
    await nav.getByRole("link", { name: "status_context", exact: true }).click();
    assert.ok(await nav.isHidden());
    assert.equal(await menu.getAttribute("aria-expanded"), "false");
    await inView(page, "status_context");
  }));

await test("no page is wider than a phone", () =>
  open(files + "index.html", phone, async (page) => {
    for (const name of pages) {
      await page.goto(files + name, { waitUntil: "domcontentloaded" });
      const [pageWidth, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(pageWidth <= width, `${name} is ${pageWidth} pixels wide`);
    }
  }));

await test("every page is readable without JavaScript", () =>
  open(files + STATUSES, { javaScriptEnabled: false, ...phone }, async (page) => {
    assert.ok(await page.locator("#status_post pre").first().isVisible());
    await page.click("text=All entities");
    await page.click("main >> text=Admin::Report");
    assert.equal(await page.locator("h1").innerText(), "Admin::Report");
  }));

const views = [
  ["the overview", "index.html"],
  ["a resource", "methods/media.html"],
  ["an entity", "entities/Instance.html"],
  ["unsupported items", "methods/notifications.html?v=3.5.0"],
  ["an entity that a version lacks", "entities/Quote.html?v=4.2.0"],
  ["all methods", "methods.html?v=2.4.0"],
  ["scopes", "scopes.html"],
  ["errors", "errors.html?v=3.0.0"],
  ["streams", "streams.html?v=2.0.0"],
  ["a comparison", "versions.html?from=4.4.0&to=4.6.0"],
  ["getting started", "start.html"],
  ["methods of other servers", "methods/servers_pleroma.html"],
  ["the view options", STATUSES, (page) => page.locator(".ui-view summary").click()],
  ["a search", "index.html?v=4.2.0", (page) => page.fill("#ui-search", "quote")],
];
for (const colorScheme of ["light", "dark"]) {
  await test(`the pages are accessible in the ${colorScheme} theme`, async () => {
    for (const [name, path, prepare] of views) {
      await open(files + path, { colorScheme, reducedMotion: "reduce" }, async (page) => {
        await prepare?.(page);
        assert.deepEqual(await accessibilityViolations(page), [], name);
      });
    }
    await open(files + "methods/media.html", { colorScheme, ...phone }, async (page) => {
      await page.getByRole("button", { name: "Menu" }).click();
      assert.deepEqual(await accessibilityViolations(page), [], "the menu of a phone");
    });
  });
}

await test("no page logged errors, requested missing files or other hosts", () => {
  assert.deepEqual(problems, []);
});

await finish();
