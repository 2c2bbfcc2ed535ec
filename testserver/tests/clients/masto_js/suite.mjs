// The released package of masto.js contains no tests, so this suite takes the same steps with the released library: every
// area of its end-to-end tests.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test from 'node:test';
import { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient } from 'masto';

import { control, createUser, mintToken, PNG, url } from './support.mjs';

const anonymous = createRestAPIClient({ url });
const admin = createRestAPIClient({
  url,
  accessToken: await mintToken('admin', 'read write follow push admin:read admin:write'),
});

/** Creates a user with a client. */
async function user(options) {
  const { username, token, ...login } = await createUser(options);
  const rest = createRestAPIClient({ url, accessToken: token });
  const account = await rest.v1.accounts.verifyCredentials();
  assert.equal(account.username, username);
  return { rest, token, account, id: account.id, ...login };
}

async function users(count) {
  return Promise.all(Array.from({ length: count }, () => user()));
}

/** A word that nothing else contains. */
const word = () => `word${randomBytes(6).toString('hex')}`;

const rejectsWith = (request, statusCode) =>
  assert.rejects(Promise.resolve(request), (error) => error.statusCode === statusCode);

const ids = (list) => list.map((item) => item.id);

test('applications', async () => {
  const app = await anonymous.v1.apps.create({
    clientName: 'Suite',
    redirectUris: 'urn:ietf:wg:oauth:2.0:oob',
    scopes: 'read write',
  });
  const oauth = createOAuthAPIClient({ url });
  const token = await oauth.token.create({
    grantType: 'client_credentials',
    clientId: app.clientId,
    clientSecret: app.clientSecret,
    scope: 'read',
  });
  const client = createRestAPIClient({ url, accessToken: token.accessToken });
  assert.equal((await client.v1.apps.verifyCredentials()).name, 'Suite');
  await rejectsWith(client.v1.accounts.verifyCredentials(), 422);
  await oauth.revoke({
    clientId: app.clientId,
    clientSecret: app.clientSecret,
    token: token.accessToken,
  });
  await rejectsWith(client.v1.apps.verifyCredentials(), 401);
});

test('accounts: profile', async () => {
  const alice = await user();
  const updated = await alice.rest.v1.accounts.updateCredentials({
    displayName: 'Alice',
    note: 'About me',
    avatar: new Blob([PNG], { type: 'image/png' }),
    fieldsAttributes: [{ name: 'Home', value: 'Here' }],
  });
  assert.equal(updated.displayName, 'Alice');
  assert.match(updated.note, /About me/);
  assert.equal(updated.fields[0].value, 'Here');
  assert.match(updated.avatar, /\/system\//);
  await alice.rest.v1.profile.avatar.remove();
  assert.match((await alice.rest.v1.accounts.verifyCredentials()).avatar, /missing/);
  const lookedUp = await anonymous.v1.accounts.lookup({ acct: alice.account.acct });
  assert.equal(lookedUp.id, alice.id);
  assert.equal((await anonymous.v1.accounts.$select(alice.id).fetch()).id, alice.id);
  assert.deepEqual(ids(await anonymous.v1.accounts.fetch({ id: [alice.id] })), [alice.id]);
  await rejectsWith(anonymous.v1.accounts.$select('0').fetch(), 404);
  assert.ok(await alice.rest.v1.preferences.fetch());
});

test('accounts: relationships', async () => {
  const [alice, bob] = await users(2);
  const target = alice.rest.v1.accounts.$select(bob.id);
  assert.equal((await target.follow({ reblogs: false })).following, true);
  assert.deepEqual(ids(await target.followers.list()), [alice.id]);
  const self = alice.rest.v1.accounts.$select(alice.id);
  assert.deepEqual(ids(await self.following.list()), [bob.id]);
  const [relationship] = await alice.rest.v1.accounts.relationships.fetch({ id: [bob.id] });
  assert.equal(relationship.showingReblogs, false);
  assert.equal((await target.note.create({ comment: 'A friend' })).note, 'A friend');
  assert.equal((await target.pin()).endorsed, true);
  assert.deepEqual(ids(await alice.rest.v1.endorsements.list()), [bob.id]);
  assert.equal((await target.unpin()).endorsed, false);
  assert.equal((await target.mute()).muting, true);
  assert.deepEqual(ids(await alice.rest.v1.mutes.list()), [bob.id]);
  assert.equal((await target.unmute()).muting, false);
  assert.equal((await target.unfollow()).following, false);
  await bob.rest.v1.accounts.$select(alice.id).follow();
  assert.equal((await target.removeFromFollowers()).followedBy, false);
  assert.equal((await target.block()).blocking, true);
  assert.deepEqual(ids(await alice.rest.v1.blocks.list()), [bob.id]);
  assert.equal((await target.unblock()).blocking, false);
  const familiar = await alice.rest.v1.accounts.familiarFollowers.fetch({ id: [bob.id] });
  assert.equal(familiar[0].id, bob.id);
});

test('follow requests', async () => {
  const [locked, bob, carol] = await users(3);
  await locked.rest.v1.accounts.updateCredentials({ locked: true });
  for (const other of [bob, carol]) {
    const relationship = await other.rest.v1.accounts.$select(locked.id).follow();
    assert.equal(relationship.requested, true);
  }
  const requests = locked.rest.v1.followRequests;
  assert.deepEqual(new Set(ids(await requests.list())), new Set([bob.id, carol.id]));
  assert.equal((await requests.$select(bob.id).authorize()).followedBy, true);
  assert.equal((await requests.$select(carol.id).reject()).followedBy, false);
  assert.deepEqual(await requests.list(), []);
});

test('domain blocks', async () => {
  const alice = await user();
  await alice.rest.v1.domainBlocks.create({ domain: 'blocked.example' });
  assert.deepEqual(await alice.rest.v1.domainBlocks.list(), ['blocked.example']);
  await alice.rest.v1.domainBlocks.remove({ domain: 'blocked.example' });
  assert.deepEqual(await alice.rest.v1.domainBlocks.list(), []);
});

test('statuses: posting, editing, deleting', async () => {
  const alice = await user();
  const status = await alice.rest.v1.statuses.create(
    { status: 'One', visibility: 'unlisted', spoilerText: 'A warning', language: 'en' },
    { requestInit: { headers: { 'Idempotency-Key': word() } } },
  );
  assert.equal(status.visibility, 'unlisted');
  const own = alice.rest.v1.statuses.$select(status.id);
  const edited = await own.update({ status: 'Two' });
  assert.match(edited.content, /Two/);
  assert.equal((await own.history.list()).length, 2);
  assert.equal((await own.source.fetch()).text, 'Two');
  const reply = await alice.rest.v1.statuses.create({ status: 'Three', inReplyToId: status.id });
  assert.deepEqual(ids((await own.context.fetch()).descendants), [reply.id]);
  assert.equal((await own.fetch()).repliesCount, 1);
  assert.equal((await own.remove()).text, 'Two');
  await rejectsWith(own.fetch(), 404);
});

test('statuses: actions', async () => {
  const [alice, bob] = await users(2);
  const { id } = await alice.rest.v1.statuses.create({ status: 'Hello' });
  const seen = bob.rest.v1.statuses.$select(id);
  assert.equal((await seen.favourite()).favourited, true);
  assert.deepEqual(ids(await bob.rest.v1.favourites.list()), [id]);
  assert.deepEqual(ids(await seen.favouritedBy.list()), [bob.id]);
  assert.equal((await seen.unfavourite()).favourited, false);
  assert.equal((await seen.bookmark()).bookmarked, true);
  assert.deepEqual(ids(await bob.rest.v1.bookmarks.list()), [id]);
  assert.equal((await seen.unbookmark()).bookmarked, false);
  assert.equal((await seen.reblog()).reblog.id, id);
  assert.deepEqual(ids(await seen.rebloggedBy.list()), [bob.id]);
  assert.equal((await seen.unreblog()).reblogged, false);
  const own = alice.rest.v1.statuses.$select(id);
  assert.equal((await own.mute()).muted, true);
  assert.equal((await own.unmute()).muted, false);
  assert.equal((await own.pin()).pinned, true);
  const pinned = await alice.rest.v1.accounts.$select(alice.id).statuses.list({ pinned: true });
  assert.deepEqual(ids(pinned), [id]);
  assert.equal((await own.unpin()).pinned, false);
});

test('media', async () => {
  const alice = await user();
  const media = await alice.rest.v2.media.create({
    file: new Blob([PNG], { type: 'image/png' }),
    description: 'A pixel',
  });
  assert.equal(media.type, 'image');
  const changed = await alice.rest.v1.media.$select(media.id).update({ description: 'A dot' });
  assert.equal(changed.description, 'A dot');
  const status = await alice.rest.v1.statuses.create({ status: '', mediaIds: [media.id] });
  assert.equal(status.mediaAttachments[0].description, 'A dot');
  const file = await fetch(status.mediaAttachments[0].url);
  assert.deepEqual(Buffer.from(await file.arrayBuffer()), PNG);
});

test('polls', async () => {
  const [alice, bob] = await users(2);
  const { poll } = await alice.rest.v1.statuses.create({
    status: 'Which?',
    poll: { options: ['One', 'Two'], expiresIn: 3600, multiple: true },
  });
  assert.equal((await bob.rest.v1.polls.$select(poll.id).fetch()).voted, false);
  const voted = await bob.rest.v1.polls.$select(poll.id).votes.create({ choices: [1] });
  assert.deepEqual(voted.ownVotes, [1]);
  assert.equal(voted.options[1].votesCount, 1);
});

test('scheduled statuses', async () => {
  const alice = await user();
  const at = (minutes) => new Date(Date.now() + minutes * 60_000).toISOString();
  const scheduled = await alice.rest.v1.statuses.create({ status: 'Later', scheduledAt: at(10) });
  const own = alice.rest.v1.scheduledStatuses;
  assert.deepEqual(ids(await own.list()), [scheduled.id]);
  assert.equal((await own.$select(scheduled.id).fetch()).params.text, 'Later');
  const later = at(20);
  const moved = await own.$select(scheduled.id).update({ scheduledAt: later });
  assert.equal(moved.scheduledAt, later);
  await own.$select(scheduled.id).remove();
  assert.deepEqual(await own.list(), []);
});

test('timelines and their pages', async () => {
  const [alice, bob] = await users(2);
  const tag = word();
  await alice.rest.v1.accounts.$select(bob.id).follow();
  const posted = [];
  for (const number of [1, 2, 3]) {
    posted.push((await bob.rest.v1.statuses.create({ status: `${number} #${tag}` })).id);
  }
  const newestFirst = posted.toReversed();
  const { home, tag: tagged, public: everyone } = alice.rest.v1.timelines;
  assert.deepEqual(ids(await home.list()), newestFirst);
  assert.deepEqual(ids(await tagged.$select(tag).list()), newestFirst);
  assert.ok(ids(await everyone.list({ local: true })).includes(posted[2]));
  const walked = [];
  for await (const page of tagged.$select(tag).list({ limit: 1 })) {
    walked.push(...ids(page));
  }
  assert.deepEqual(walked, newestFirst);
  const since = await home.list({ minId: posted[0], limit: 1 });
  assert.deepEqual(ids(since), [posted[1]]);
});

test('lists', async () => {
  const [alice, bob] = await users(2);
  await alice.rest.v1.accounts.$select(bob.id).follow();
  const { id } = await alice.rest.v1.lists.create({ title: 'Friends' });
  const list = alice.rest.v1.lists.$select(id);
  await list.accounts.create({ accountIds: [bob.id] });
  assert.deepEqual(ids(await list.accounts.list()), [bob.id]);
  assert.deepEqual(ids(await alice.rest.v1.accounts.$select(bob.id).lists.list()), [id]);
  const status = await bob.rest.v1.statuses.create({ status: 'For the list' });
  const timeline = await alice.rest.v1.timelines.list.$select(id).list();
  assert.deepEqual(ids(timeline), [status.id]);
  assert.equal((await list.update({ title: 'Others' })).title, 'Others');
  await list.accounts.remove({ accountIds: [bob.id] });
  assert.deepEqual(await list.accounts.list(), []);
  await list.remove();
  assert.deepEqual(await alice.rest.v1.lists.list(), []);
});

test('conversations', async () => {
  const [alice, bob] = await users(2);
  // Private mentions by accounts that one does not follow are filtered.
  await alice.rest.v1.accounts.$select(bob.id).follow();
  await bob.rest.v1.statuses.create({ status: `@${alice.account.acct} Hi`, visibility: 'direct' });
  const [conversation] = await alice.rest.v1.conversations.list();
  assert.equal(conversation.unread, true);
  const read = await alice.rest.v1.conversations.$select(conversation.id).read();
  assert.equal(read.unread, false);
  await alice.rest.v1.conversations.$select(conversation.id).remove();
  assert.deepEqual(await alice.rest.v1.conversations.list(), []);
});

test('notifications', async () => {
  const [alice, bob] = await users(2);
  const { id } = await alice.rest.v1.statuses.create({ status: 'Notify me' });
  await bob.rest.v1.accounts.$select(alice.id).follow();
  await bob.rest.v1.statuses.$select(id).favourite();
  await bob.rest.v1.statuses.create({ status: `@${alice.account.acct} Hello` });
  const list = await alice.rest.v1.notifications.list();
  assert.deepEqual(
    list.map(({ type }) => type),
    ['mention', 'favourite', 'follow'],
  );
  const one = alice.rest.v1.notifications.$select(list[0].id);
  assert.equal((await one.fetch()).status.account.id, bob.id);
  assert.equal((await alice.rest.v2.notifications.unreadCount.fetch()).count, 3);
  const grouped = await alice.rest.v2.notifications.list();
  assert.equal(grouped.notificationGroups.length, 3);
  const [{ groupKey }] = grouped.notificationGroups;
  assert.ok(await alice.rest.v2.notifications.$select(groupKey).fetch());
  await one.dismiss();
  assert.equal((await alice.rest.v1.notifications.list()).length, 2);
  await alice.rest.v1.notifications.clear();
  assert.deepEqual(await alice.rest.v1.notifications.list(), []);
});

test('notification policy and requests', async () => {
  const [alice, bob] = await users(2);
  const policy = await alice.rest.v2.notifications.policy.update({ forNotFollowing: 'filter' });
  assert.equal(policy.forNotFollowing, 'filter');
  await bob.rest.v1.statuses.create({ status: `@${alice.account.acct} Hello` });
  const [request] = await alice.rest.v1.notifications.requests.list();
  assert.equal(request.account.id, bob.id);
  await alice.rest.v1.notifications.requests.$select(request.id).accept();
  assert.deepEqual(await alice.rest.v1.notifications.requests.list(), []);
});

test('filters', async () => {
  const alice = await user();
  const hidden = word();
  const filter = await alice.rest.v2.filters.create({
    title: 'Hidden',
    context: ['home', 'public'],
    filterAction: 'warn',
    keywordsAttributes: [{ keyword: hidden }],
  });
  const own = alice.rest.v2.filters.$select(filter.id);
  assert.equal((await own.update({ title: 'Renamed' })).title, 'Renamed');
  const keyword = await own.keywords.create({ keyword: word(), wholeWord: true });
  assert.equal((await own.keywords.list()).length, 2);
  await alice.rest.v2.filters.keywords.$select(keyword.id).remove();
  const status = await alice.rest.v1.statuses.create({ status: `About ${hidden}` });
  const seen = await alice.rest.v1.statuses.$select(status.id).fetch();
  assert.equal(seen.filtered[0].filter.id, filter.id);
  const attached = await own.statuses.create({ statusId: status.id });
  assert.equal((await own.statuses.list())[0].statusId, status.id);
  await alice.rest.v2.filters.statuses.$select(attached.id).remove();
  await own.remove();
  assert.deepEqual(await alice.rest.v2.filters.list(), []);
  const old = await alice.rest.v1.filters.create({ phrase: hidden, context: ['home'] });
  assert.equal((await alice.rest.v1.filters.$select(old.id).fetch()).phrase, hidden);
  await alice.rest.v1.filters.$select(old.id).remove();
});

test('tags', async () => {
  const alice = await user();
  const name = word();
  const tag = alice.rest.v1.tags.$select(name);
  assert.equal((await tag.follow()).following, true);
  assert.deepEqual(
    (await alice.rest.v1.followedTags.list()).map((followed) => followed.name),
    [name],
  );
  assert.equal((await tag.unfollow()).following, false);
  assert.equal((await tag.fetch()).name, name);
  const featured = await alice.rest.v1.featuredTags.create({ name });
  assert.equal((await alice.rest.v1.featuredTags.list())[0].id, featured.id);
  assert.ok(await alice.rest.v1.featuredTags.suggestions.list());
  await alice.rest.v1.featuredTags.$select(featured.id).remove();
});

test('markers', async () => {
  const alice = await user();
  const { id } = await alice.rest.v1.statuses.create({ status: 'Read up to here' });
  await alice.rest.v1.markers.create({ home: { lastReadId: id } });
  const { home } = await alice.rest.v1.markers.fetch({ timeline: ['home'] });
  assert.equal(home.lastReadId, id);
});

test('search', async () => {
  const [alice, bob] = await users(2);
  const tag = word();
  await bob.rest.v1.statuses.create({ status: `#${tag}` });
  const found = await alice.rest.v2.search.list({ q: bob.account.acct });
  assert.ok(ids(found.accounts).includes(bob.id));
  const tags = await alice.rest.v2.search.list({ q: tag, type: 'hashtags' });
  assert.equal(tags.hashtags[0].name, tag);
  const accounts = await alice.rest.v1.accounts.search.list({ q: bob.account.acct });
  assert.ok(ids(accounts).includes(bob.id));
});

test('discovery: directory, suggestions, trends, emojis', async () => {
  const alice = await user();
  assert.ok(Array.isArray(await anonymous.v1.directory.list()));
  assert.ok(Array.isArray(await alice.rest.v1.suggestions.list()));
  assert.ok(Array.isArray(await alice.rest.v2.suggestions.list()));
  for (const kind of ['links', 'statuses', 'tags']) {
    assert.ok(Array.isArray(await anonymous.v1.trends[kind].list()));
  }
  assert.ok(Array.isArray(await anonymous.v1.customEmojis.list()));
});

test('instance', async () => {
  const v1 = await anonymous.v1.instance.fetch();
  const v2 = await anonymous.v2.instance.fetch();
  assert.equal(v1.version, v2.version);
  assert.equal(v1.uri, v2.domain);
  assert.ok((await anonymous.v1.instance.rules.list()).length > 0);
  assert.ok(Array.isArray(await anonymous.v1.instance.peers.list()));
  assert.equal((await anonymous.v1.instance.activity.list()).length, 12);
  await control('PATCH', '/behavior', { instance: { show_domain_blocks: 'all' } });
  assert.ok(Array.isArray(await anonymous.v1.instance.domainBlocks.list()));
  assert.equal(typeof (await anonymous.v1.instance.extendedDescription.fetch()).content, 'string');
  assert.ok((await anonymous.v1.instance.privacyPolicy.fetch()).content);
  assert.ok(Array.isArray(await anonymous.v1.instance.languages.list()));
  assert.ok(await anonymous.v1.instance.translationLanguages.list());
});

test('announcements', async () => {
  const alice = await user();
  assert.ok(Array.isArray(await alice.rest.v1.announcements.list()));
});

test('push subscriptions', async () => {
  const alice = await user();
  const created = await alice.rest.v1.push.subscription.create({
    subscription: {
      endpoint: 'https://push.example/1',
      keys: {
        p256dh:
          'BEm_a0bdPDhf0SOsrnB2-ategf1hHoCnpXgQsFj5JCkcoMrMt2WHoPfEYOYPzOIs9mZE8ZUaD7VA5vouy0kEkr8',
        auth: 'eH_C8rq2raXqlcBVDa1gLg',
      },
    },
    data: { alerts: { follow: true } },
    policy: 'all',
  });
  assert.equal(created.alerts.follow, true);
  const changed = await alice.rest.v1.push.subscription.update({ data: { alerts: { poll: true } } });
  assert.equal(changed.alerts.poll, true);
  assert.equal((await alice.rest.v1.push.subscription.fetch()).id, created.id);
  await alice.rest.v1.push.subscription.remove();
  await rejectsWith(alice.rest.v1.push.subscription.fetch(), 404);
});

test('reports', async () => {
  const [alice, bob] = await users(2);
  const { id } = await bob.rest.v1.statuses.create({ status: 'Something bad' });
  const report = await alice.rest.v1.reports.create({
    accountId: bob.id,
    statusIds: [id],
    comment: 'Look at this',
    category: 'spam',
  });
  assert.equal(report.category, 'spam');
  const own = admin.v1.admin.reports.$select(report.id);
  assert.equal((await own.fetch()).comment, 'Look at this');
  assert.ok((await own.assignToSelf()).assignedAccount);
  assert.equal((await own.unassign()).assignedAccount, null);
  assert.equal((await own.resolve()).actionTaken, true);
  assert.equal((await own.reopen()).actionTaken, false);
});

test('administration: accounts', async () => {
  const bob = await user();
  const account = admin.v1.admin.accounts.$select(bob.id);
  assert.equal((await account.fetch()).username, bob.account.username);
  assert.ok((await admin.v1.admin.accounts.list({ local: true })).length > 0);
  assert.ok((await admin.v2.admin.accounts.list({ origin: 'local' })).length > 0);
  await account.action.create({ type: 'silence', text: 'Too loud' });
  assert.equal((await account.fetch()).silenced, true);
  assert.equal((await account.unsilence()).silenced, false);
  await account.action.create({ type: 'disable' });
  assert.equal((await account.enable()).disabled, false);
  await account.action.create({ type: 'suspend' });
  assert.equal((await account.unsuspend()).suspended, false);
  await rejectsWith(bob.rest.v1.admin.accounts.list(), 403);
});

test('administration: blocks', async () => {
  const domain = `${word()}.example`;
  const { domainBlocks, domainAllows, ipBlocks, emailDomainBlocks, canonicalEmailBlocks } =
    admin.v1.admin;
  const block = await domainBlocks.create({ domain, severity: 'silence' });
  assert.ok(ids(await domainBlocks.list()).includes(block.id));
  const changed = await domainBlocks.$select(block.id).update({ severity: 'suspend' });
  assert.equal(changed.severity, 'suspend');
  await domainBlocks.$select(block.id).remove();
  const allow = await domainAllows.create({ domain });
  await domainAllows.$select(allow.id).remove();
  const ip = await ipBlocks.create({ ip: '192.0.2.0/24', severity: 'no_access', expiresIn: 3600 });
  assert.equal((await ipBlocks.$select(ip.id).update({ comment: 'Bots' })).comment, 'Bots');
  await ipBlocks.$select(ip.id).remove();
  const email = await emailDomainBlocks.create({ domain });
  await emailDomainBlocks.$select(email.id).remove();
  const canonical = await canonicalEmailBlocks.create({ email: `${word()}@example.org` });
  await canonicalEmailBlocks.$select(canonical.id).remove();
});

test('administration: statistics and trends', async () => {
  const { dimensions, measures, retention, trends } = admin.v1.admin;
  const period = { startAt: '2024-01-01', endAt: '2024-01-03' };
  assert.equal((await dimensions.create({ keys: ['languages'], ...period }))[0].key, 'languages');
  assert.equal((await measures.create({ keys: ['new_users'], ...period }))[0].key, 'new_users');
  assert.ok((await retention.create({ frequency: 'day', ...period })).length > 0);
  for (const kind of ['links', 'statuses', 'tags']) {
    assert.ok(Array.isArray(await trends[kind].list()));
  }
});

/** Opens the streams of a user and waits until the server knows the subscription. */
async function streaming(owner) {
  const { configuration } = await anonymous.v2.instance.fetch();
  return createStreamingAPIClient({
    streamingApiUrl: configuration.urls.streaming,
    accessToken: owner?.token,
  });
}

/** Acts again and again until an event that the condition accepts has arrived. */
async function eventAfter(events, act, accept) {
  let isFound = false;
  const acting = (async () => {
    while (!isFound) {
      await act();
      await new Promise((resume) => setTimeout(resume, 50));
    }
  })();
  try {
    for await (const event of events) {
      if (accept(event)) {
        return event;
      }
    }
    return undefined;
  } finally {
    isFound = true;
    await acting;
  }
}

test('streaming: timelines', { timeout: 30_000 }, async () => {
  const alice = await user();
  const tag = word();
  for (const subscribe of [
    (client) => client.public.subscribe(),
    (client) => client.public.local.subscribe(),
    (client) => client.hashtag.subscribe({ tag }),
    (client) => client.hashtag.local.subscribe({ tag }),
    (client) => client.user.subscribe(),
  ]) {
    const client = await streaming(alice);
    const post = () => alice.rest.v1.statuses.create({ status: `#${tag}` });
    const event = await eventAfter(subscribe(client), post, ({ event }) => event === 'update');
    assert.equal(event.payload.account.id, alice.id);
    client.close();
  }
});

test('streaming: kinds of events', { timeout: 30_000 }, async () => {
  const [alice, bob] = await users(2);
  const client = await streaming(alice);
  const events = client.user.subscribe();
  const is = (name) => (event) => event.event === name;
  let last;
  const post = async () => {
    last = await alice.rest.v1.statuses.create({ status: 'Stream me' });
  };
  await eventAfter(events, post, is('update'));
  const edit = () => alice.rest.v1.statuses.$select(last.id).update({ status: word() });
  await eventAfter(events, edit, is('status.update'));
  const remove = async () => {
    await post();
    await alice.rest.v1.statuses.$select(last.id).remove();
  };
  await eventAfter(events, remove, is('delete'));
  const mention = () => bob.rest.v1.statuses.create({ status: `@${alice.account.acct} Hi` });
  const mentioned = await eventAfter(events, mention, is('notification'));
  assert.equal(mentioned.payload.type, 'mention');
  client.close();
  await alice.rest.v1.accounts.$select(bob.id).follow();
  const directs = await streaming(alice);
  const write = () =>
    bob.rest.v1.statuses.create({ status: `@${alice.account.acct} Hi`, visibility: 'direct' });
  await eventAfter(directs.direct.subscribe(), write, is('conversation'));
  directs.close();
});

test('streaming: several subscriptions, lists', { timeout: 30_000 }, async () => {
  const [alice, bob] = await users(2);
  await alice.rest.v1.accounts.$select(bob.id).follow();
  const list = await alice.rest.v1.lists.create({ title: 'Streamed' });
  await alice.rest.v1.lists.$select(list.id).accounts.create({ accountIds: [bob.id] });
  const client = await streaming(alice);
  const listed = client.list.subscribe({ list: list.id });
  const post = () => bob.rest.v1.statuses.create({ status: 'For the list' });
  const isUpdate = ({ event }) => event === 'update';
  const notified = client.user.notification.subscribe();
  const target = bob.rest.v1.accounts.$select(alice.id);
  const follow = async () => {
    await target.unfollow();
    await target.follow();
  };
  const [first, second] = await Promise.all([
    eventAfter(listed, post, isUpdate),
    eventAfter(notified, follow, ({ event }) => event === 'notification'),
  ]);
  assert.equal(first.payload.account.id, bob.id);
  assert.equal(second.payload.type, 'follow');
  client.close();
});

test('streaming: a token that is not valid', { timeout: 30_000 }, async () => {
  const { configuration } = await anonymous.v2.instance.fetch();
  const client = createStreamingAPIClient({
    streamingApiUrl: configuration.urls.streaming,
    accessToken: 'unknown',
    retry: false,
  });
  await assert.rejects(async () => {
    for await (const event of client.user.subscribe()) {
      assert.fail(event);
    }
    throw new Error('closed');
  });
  client.close();
});

test('control API: everything is reset', async () => {
  const alice = await user();
  await control('POST', '/reset');
  await rejectsWith(alice.rest.v1.accounts.verifyCredentials(), 401);
});
