// Uses the test server with types by openapi-typescript and requests by openapi-fetch.

import assert from 'node:assert/strict';
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.js';
import { authorize, image, nextMaxId, REDIRECT_URI, SCOPES, url } from './support.js';

type Status = components['schemas']['Status'];

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const anonymous = createClient<paths>({ baseUrl: url });
const withToken = (token: string) =>
  createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${token}` } });

/** Returns the data of a successful response. */
function ok<T>({ data, error, response }: { data?: T; error?: unknown; response: Response }): T {
  assert.ok(data !== undefined, `${response.status} ${JSON.stringify(error)}`);
  return data;
}

// The application.
const app = ok(
  await anonymous.POST('/api/v1/apps', {
    body: { client_name: 'openapi-fetch', redirect_uris: REDIRECT_URI, scopes: SCOPES },
  }),
);
const credentials = { client_id: app.client_id, client_secret: app.client_secret, redirect_uri: REDIRECT_URI };
const appToken = ok(
  await anonymous.POST('/oauth/token', {
    headers: FORM,
    body: { grant_type: 'client_credentials', scope: SCOPES, ...credentials },
  }),
);
const verifiedApp = ok(await withToken(appToken.access_token).GET('/api/v1/apps/verify_credentials'));
assert.equal(verifiedApp.name, 'openapi-fetch');

// The user.
const userToken = ok(
  await anonymous.POST('/oauth/token', {
    headers: FORM,
    body: { grant_type: 'authorization_code', code: await authorize(app.client_id, 'dave'), ...credentials },
  }),
);
const client = withToken(userToken.access_token);
const before = ok(await client.GET('/api/v1/accounts/verify_credentials'));
assert.equal(before.username, 'dave');
assert.equal(before.locked, true);

// Booleans, and parameters inside of others.
await client.PATCH('/api/v1/accounts/update_credentials', {
  body: {
    locked: false,
    bot: true,
    source: { privacy: 'unlisted', sensitive: true },
    fields_attributes: [{ name: 'Language', value: 'TypeScript' }],
  },
});
const account = ok(await client.GET('/api/v1/accounts/verify_credentials'));
assert.equal(account.locked, false);
assert.equal(account.bot, true);
assert.equal(account.source?.privacy, 'unlisted');
assert.equal(account.source?.sensitive, true);
assert.deepEqual(
  account.fields?.map(({ name, value }) => [name, value]),
  [['Language', 'TypeScript']],
);

// A file.
const uploaded = ok(
  await client.POST('/api/v2/media', {
    body: { file: image(), description: 'A dot' },
    bodySerializer: (body) => {
      const form = new FormData();
      form.set('file', body.file, 'dot.png');
      form.set('description', body.description ?? '');
      return form;
    },
  }),
);
const media = ok(await client.GET('/api/v1/media/{id}', { params: { path: { id: uploaded.id } } }));
assert.equal(media.description, 'A dot');
assert.equal(media.type, 'image');

// Statuses.
const posted = ok(
  await client.POST('/api/v1/statuses', {
    params: { header: { 'Idempotency-Key': 'first' } },
    body: {
      status: 'Which?',
      media_ids: [media.id],
      poll: { options: ['Cats', 'Dogs'], expires_in: 3600, multiple: true },
    },
  }),
);
assert.ok('visibility' in posted, 'the status is scheduled');
assert.equal(posted.visibility, 'unlisted');
assert.equal(posted.media_attachments[0]?.id, media.id);
assert.equal(posted.poll?.multiple, true);
assert.deepEqual(
  posted.poll?.options.map((option) => option.title),
  ['Cats', 'Dogs'],
);
const ids = [posted.id];
for (const text of ['two', 'three', 'four', 'five']) {
  const next = ok(await client.POST('/api/v1/statuses', { body: { status: text, visibility: 'private' } }));
  ids.unshift(next.id);
}

// Pages of a timeline.
const pages: Status[][] = [];
let cursor: string | undefined;
do {
  const page = await client.GET('/api/v1/timelines/home', {
    params: { query: { limit: 2, ...(cursor !== undefined && { max_id: cursor }) } },
  });
  pages.push(ok(page));
  cursor = nextMaxId(page.response.headers.get('link'));
} while (cursor !== undefined);
assert.ok(pages.every((page) => page.length <= 2));
const seen = pages.flat().filter((status) => status.account.id === account.id);
assert.deepEqual(
  seen.map((status) => status.id).slice(0, ids.length),
  ids,
);

// Errors.
const missing = await client.GET('/api/v1/statuses/{id}', { params: { path: { id: '1' } } });
assert.equal(missing.response.status, 404);
assert.equal(missing.error?.error, 'Record not found');
const empty = await client.POST('/api/v1/statuses', { body: {} });
assert.equal(empty.response.status, 422);
assert.match(empty.error?.error ?? '', /^Validation failed/);

console.log('openapi-typescript and openapi-fetch: every step succeeded');
