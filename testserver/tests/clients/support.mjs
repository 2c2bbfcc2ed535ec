// What the suites in JavaScript share: users and tokens by the control API of the test server.

import { randomBytes } from 'node:crypto';

export const url = process.env.MASTODON_URL;

/** Scopes of a token for everything that a user may do. */
export const SCOPES = 'read write follow push';

/** Sends a request to the control API and returns its JSON. */
export async function control(method, path, body) {
  const response = await fetch(`${url}/_test${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) {
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  }
  return response.json();
}

/** Creates a user with a name of its own. Returns its name, password and an access token. */
export async function createUser(options = {}) {
  const username = `user${randomBytes(6).toString('hex')}`;
  const password = username;
  const email = `${username}@example.org`;
  await control('POST', '/users', { username, password, email, ...options });
  const token = await mintToken(username);
  return { username, password, email, token };
}

/** Creates an access token for a user. */
export async function mintToken(user, scopes = SCOPES) {
  const minted = await control('POST', '/tokens', { user, scopes });
  return minted.access_token;
}

/** A PNG file with one transparent pixel. */
export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
