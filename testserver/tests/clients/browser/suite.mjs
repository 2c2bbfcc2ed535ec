// No web client is published on npm, so this suite has one of a single page, of another origin than the server. Chromium
// opens it: the user logs in, reads, posts, and sees what arrives by the stream.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import test from 'node:test';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

import { control, mintToken, url } from './support.mjs';

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Web client</title><h1>Logging in</h1>
  <form><textarea></textarea><button>Post</button></form><ul></ul><script type="module" src="/app.js"></script></html>`;

/** Serves the web client on a port of its own. */
async function serveApp() {
  await build({ entryPoints: ['app.js'], bundle: true, format: 'esm', outfile: 'bundle.js' });
  const script = await readFile('bundle.js');
  const server = createServer((request, response) => {
    const isScript = request.url === '/app.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : PAGE);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
}

test('user logs in, reads, posts and streams in a browser', { timeout: 60_000 }, async () => {
  const { server, origin } = await serveApp();
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  try {
    const page = await browser.newPage();
    const problems = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('requestfailed', (request) => problems.push(request.url()));
    await page.goto(`${origin}/?server=${url}`);
    await page.locator('input[type=email]').fill('alice@example.org');
    await page.locator('input[type=password]').fill('alice');
    await page.locator('button').first().click();
    await page.getByRole('button', { name: /^authorize$/i }).click();
    await page.getByText('Home of alice').waitFor();
    await page.getByText('It works.').waitFor();

    const bob = await mintToken('bob');
    await control('POST', '/follows', { from: 'alice', to: 'bob' });
    await page.locator('textarea').fill('Posted in a browser');
    // The subscription may not be there yet when the first status is posted.
    const arrives = async (text, post) => {
      const shown = page.getByText(text).first();
      for (let attempt = 0; attempt < 20; attempt += 1) {
        await post();
        if (await shown.waitFor({ timeout: 1000 }).then(() => true, () => false)) {
          return;
        }
      }
      assert.fail(`${text} did not arrive`);
    };
    await arrives('Posted in a browser', () => page.locator('form button').click());
    await arrives('Streamed to a browser', () =>
      fetch(`${url}/api/v1/statuses`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bob}`, 'content-type': 'application/json' },
        body: JSON.stringify({ status: 'Streamed to a browser' }),
      }),
    );
    await page.screenshot({ path: 'screenshot.png' });
    assert.deepEqual(problems, []);
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
});
