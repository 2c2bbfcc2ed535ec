// Uses the test server with a client by OpenAPI Generator.

import assert from 'node:assert/strict';
import {
  AccountsApi,
  ApiErrorFromJSON,
  AppsApi,
  Configuration,
  GrantType,
  MediaApi,
  OAuthApi,
  ResponseError,
  StatusesApi,
  TimelinesApi,
  Visibility,
  type ApiError,
  type Status,
} from './client/index.js';
import { authorize, image, nextMaxId, REDIRECT_URI, SCOPES, url } from './support.js';

const anonymous = new Configuration({ basePath: url });
const withToken = (token: string) =>
  new Configuration({ basePath: url, headers: { Authorization: `Bearer ${token}` } });

/** Returns the status code and the body of an error response. */
async function errorOf(call: Promise<unknown>): Promise<[number, ApiError]> {
  const failure = await call.then(() => undefined, (error: unknown) => error);
  assert.ok(failure instanceof ResponseError, `${failure} is not an error response`);
  return [failure.response.status, ApiErrorFromJSON(await failure.response.json())];
}

// The application.
const app = await new AppsApi(anonymous).appCreate({
  appCreateRequest: { clientName: 'OpenAPI Generator', redirectUris: REDIRECT_URI, scopes: SCOPES },
});
const oauth = new OAuthApi(anonymous);
const credentials = { clientId: app.clientId, clientSecret: app.clientSecret, redirectUri: REDIRECT_URI };
const appToken = await oauth.oauthToken({ grantType: GrantType.ClientCredentials, scope: SCOPES, ...credentials });
const verifiedApp = await new AppsApi(withToken(appToken.accessToken)).appVerifyCredentials();
assert.equal(verifiedApp.name, 'OpenAPI Generator');

// The user.
const userToken = await oauth.oauthToken({
  grantType: GrantType.AuthorizationCode,
  code: await authorize(app.clientId, 'dave'),
  ...credentials,
});
const client = withToken(userToken.accessToken);
const accounts = new AccountsApi(client);
const before = await accounts.accountVerifyCredentials();
assert.equal(before.username, 'dave');
assert.equal(before.locked, true);

// Booleans, and parameters inside of others.
await accounts.accountUpdateCredentials({
  accountUpdateCredentialsRequest: {
    locked: false,
    bot: true,
    source: { privacy: Visibility.Unlisted, sensitive: true },
    fieldsAttributes: [{ name: 'Language', value: 'TypeScript' }],
  },
});
const account = await accounts.accountVerifyCredentials();
assert.equal(account.locked, false);
assert.equal(account.bot, true);
assert.equal(account.source?.privacy, 'unlisted');
assert.equal(account.source?.sensitive, true);
assert.deepEqual(
  account.fields?.map(({ name, value }) => [name, value]),
  [['Language', 'TypeScript']],
);

// A file.
const attachments = new MediaApi(client);
const { id } = await attachments.mediaPostV2({ file: image(), description: 'A dot' });
const media = await attachments.media({ id });
assert.equal(media.description, 'A dot');
assert.equal(media.type, 'image');

// Statuses.
const statuses = new StatusesApi(client);
const posted = await statuses.statusPost({
  idempotencyKey: 'first',
  statusPostRequest: {
    status: 'Which?',
    mediaIds: [media.id],
    poll: { options: ['Cats', 'Dogs'], expiresIn: 3600, multiple: true },
  },
});
assert.ok('visibility' in posted, 'the status is scheduled');
assert.equal(posted.visibility, 'unlisted');
assert.equal(posted.mediaAttachments[0]?.id, media.id);
assert.equal(posted.poll?.multiple, true);
assert.deepEqual(
  posted.poll?.options.map((option) => option.title),
  ['Cats', 'Dogs'],
);
const ids = [posted.id];
for (const text of ['two', 'three', 'four', 'five']) {
  const next = await statuses.statusPost({
    statusPostRequest: { status: text, visibility: Visibility.Private },
  });
  ids.unshift(next.id);
}
const scheduled = await statuses.statusPost({
  statusPostRequest: { status: 'Later', scheduledAt: new Date(Date.now() + 3600_000).toISOString() },
});
assert.ok('scheduledAt' in scheduled, 'the status is published');

// Pages of a timeline.
const timelines = new TimelinesApi(client);
const pages: Status[][] = [];
let cursor: string | undefined;
do {
  const page = await timelines.timelineHomeRaw({ limit: 2, ...(cursor !== undefined && { maxId: cursor }) });
  pages.push(await page.value());
  cursor = nextMaxId(page.raw.headers.get('link'));
} while (cursor !== undefined);
assert.ok(pages.every((page) => page.length <= 2));
const seen = pages.flat().filter((status) => status.account.id === account.id);
assert.deepEqual(
  seen.map((status) => status.id).slice(0, ids.length),
  ids,
);

// Errors.
assert.deepEqual(await errorOf(statuses.status({ id: '1' })), [404, { error: 'Record not found' }]);
const [code, empty] = await errorOf(statuses.statusPost({ statusPostRequest: {} }));
assert.equal(code, 422);
assert.match(empty.error, /^Validation failed/);

console.log('OpenAPI Generator: every step succeeded');
