// Test harness: a browser, the site over HTTP and from files, and test counts.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

export const folder = join(fileURLToPath(new URL(".", import.meta.url)), "site");
export const files = pathToFileURL(folder + "/").href;

const kinds = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml" };

const server = createServer(async (request, response) => {
  const path = normalize(decodeURIComponent(new URL(request.url, "http://site").pathname));
  try {
    const body = await readFile(join(folder, path));
    response.writeHead(200, { "content-type": kinds[extname(path)] ?? "application/octet-stream" }).end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
export const http = `http://127.0.0.1:${server.address().port}/`;

const browser = await chromium.launch({
  executablePath: process.env.SITE_BROWSER,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
});

/** Problems on all pages: console errors, external requests and failed requests. */
export const problems = [];

/** Opens a page in a fresh browser context, and closes it afterwards. */
export async function open(url, options, work) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, permissions: [], ...options });
  context.setDefaultTimeout(120_000);
  context.on("page", (page) => {
    page.on("console", (message) => { if (message.type() === "error") problems.push(`${page.url()}: ${message.text()}`); });
    page.on("pageerror", (error) => problems.push(`${page.url()}: ${error.message}`));
    page.on("request", (request) => { if (!request.url().startsWith(http) && !request.url().startsWith(files)) problems.push(`${page.url()} requests ${request.url()}`); });
    page.on("response", (response) => { if (response.status() >= 400) problems.push(`${response.url()} has the status ${response.status()}`); });
    page.on("requestfailed", (request) => { if (request.failure()?.errorText !== "net::ERR_ABORTED") problems.push(`${request.url()} failed`); });
  });
  try {
    const page = await context.newPage();
    await page.goto(url);
    return await work(page, context);
  } finally {
    await context.close();
  }
}

let passed = 0;
let failed = 0;

/** Runs a test; with an argument, only tests whose names contain it. */
export async function test(name, work) {
  if (!name.includes(process.argv[2] ?? "")) return;
  try {
    await work();
    passed += 1;
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${error.stack}`);
  }
}

/** Closes everything and prints the counts. */
export async function finish() {
  await browser.close();
  server.close();
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}
