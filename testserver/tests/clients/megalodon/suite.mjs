// The tests of megalodon run against recorded responses, not against a server, and its released package contains none. So
// this suite calls the released library: every group of methods that its client for Mastodon has.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import megalodon, { detector } from 'megalodon';

import { control, createUser, PNG, url } from './support.mjs';

// The package is a CommonJS module, whose default export has another one in Node.js.
const clientOf = (token) => (megalodon.default ?? megalodon)('mastodon', url, token);
const anonymous = clientOf();

/** Creates a user with a client. */
async function user() {
  const { token, ...login } = await createUser();
  const client = clientOf(token);
  const account = (await client.verifyAccountCredentials()).data;
  return { client, token, account, id: account.id, ...login };
}

async function users(count) {
  return Promise.all(Array.from({ length: count }, () => user()));
}

/** A word that nothing else contains. */
const word = () => `word${randomBytes(6).toString('hex')}`;
const ids = (response) => response.data.map((item) => item.id);

const fails = (request, status) =>
  assert.rejects(request, (error) => error.response?.status === status);

test('the software of the server is recognized', async () => {
  assert.equal(await detector(url), 'mastodon');
});

test('applications, the authorization page, and tokens', async () => {
  const owner = await user();
  const redirect = 'https://app.example/callback';
  const app = await anonymous.registerApp('Drive', {
    scopes: ['read', 'write'],
    redirect_uris: redirect,
  });
  assert.match(app.url, /oauth\/authorize/);
  const { code } = await control('POST', '/authorize', {
    url: app.url,
    user: owner.account.username,
  });
  const token = await anonymous.fetchAccessToken(
    app.client_id,
    app.client_secret,
    code,
    redirect,
  );
  const client = clientOf(token.access_token);
  assert.equal((await client.verifyAppCredentials()).data.name, 'Drive');
  assert.equal((await client.verifyAccountCredentials()).data.id, owner.id);
  await anonymous.revokeToken(app.client_id, app.client_secret, token.access_token);
  await fails(client.verifyAccountCredentials(), 401);
});

test('accounts', async () => {
  const [alice, bob] = await users(2);
  const { client } = alice;
  const updated = await client.updateCredentials({ display_name: 'Alice', note: 'About me' });
  assert.equal(updated.data.display_name, 'Alice');
  assert.equal((await client.getAccount(bob.id)).data.id, bob.id);
  assert.equal((await client.lookupAccount(bob.account.acct)).data.id, bob.id);
  assert.ok(ids(await client.searchAccount(bob.account.acct)).includes(bob.id));
  assert.equal((await client.followAccount(bob.id)).data.following, true);
  assert.deepEqual(ids(await client.getAccountFollowers(bob.id)), [alice.id]);
  assert.deepEqual(ids(await client.getAccountFollowing(alice.id)), [bob.id]);
  assert.equal((await client.subscribeAccount(bob.id)).data.notifying, true);
  assert.equal((await client.unsubscribeAccount(bob.id)).data.notifying, false);
  assert.equal((await client.pinAccount(bob.id)).data.endorsed, true);
  assert.deepEqual(ids(await client.getEndorsements()), [bob.id]);
  assert.equal((await client.unpinAccount(bob.id)).data.endorsed, false);
  // The entity of megalodon loses the note.
  assert.equal((await client.setAccountNote(bob.id, 'A friend')).data.id, bob.id);
  assert.deepEqual(ids(await client.getRelationships([bob.id])), [bob.id]);
  assert.equal((await client.muteAccount(bob.id)).data.muting, true);
  assert.deepEqual(ids(await client.getMutes()), [bob.id]);
  assert.equal((await client.unmuteAccount(bob.id)).data.muting, false);
  assert.equal((await client.unfollowAccount(bob.id)).data.following, false);
  assert.equal((await client.blockAccount(bob.id)).data.blocking, true);
  assert.deepEqual(ids(await client.getBlocks()), [bob.id]);
  assert.equal((await client.unblockAccount(bob.id)).data.blocking, false);
  await fails(client.getAccount('0'), 404);
});

test('follow requests', async () => {
  const [locked, bob, carol] = await users(3);
  await locked.client.updateCredentials({ locked: true });
  for (const other of [bob, carol]) {
    assert.equal((await other.client.followAccount(locked.id)).data.requested, true);
  }
  assert.equal((await locked.client.getFollowRequests()).data.length, 2);
  assert.equal((await locked.client.acceptFollowRequest(bob.id)).data.followed_by, true);
  assert.equal((await locked.client.rejectFollowRequest(carol.id)).data.followed_by, false);
});

test('domains, preferences, suggestions', async () => {
  const { client } = await user();
  await client.blockDomain('blocked.example');
  assert.deepEqual((await client.getDomainBlocks()).data, ['blocked.example']);
  await client.unblockDomain('blocked.example');
  assert.deepEqual((await client.getDomainBlocks()).data, []);
  assert.ok((await client.getPreferences()).data);
  assert.ok(Array.isArray((await client.getSuggestions()).data));
});

test('statuses', async () => {
  const [alice, bob] = await users(2);
  const { client } = alice;
  const posted = await client.postStatus('One', { visibility: 'unlisted', spoiler_text: 'Look' });
  const { id } = posted.data;
  assert.equal(posted.data.visibility, 'unlisted');
  assert.match((await client.editStatus(id, { status: 'Two' })).data.content, /Two/);
  assert.equal((await client.getStatusSource(id)).data.text, 'Two');
  const reply = await bob.client.postStatus('Three', { in_reply_to_id: id });
  const context = await client.getStatusContext(id);
  assert.deepEqual(
    context.data.descendants.map((status) => status.id),
    [reply.data.id],
  );
  assert.equal((await bob.client.favouriteStatus(id)).data.favourited, true);
  assert.deepEqual(ids(await client.getStatusFavouritedBy(id)), [bob.id]);
  assert.deepEqual(ids(await bob.client.getFavourites()), [id]);
  assert.equal((await bob.client.unfavouriteStatus(id)).data.favourited, false);
  assert.equal((await bob.client.reblogStatus(id)).data.reblog.id, id);
  assert.deepEqual(ids(await client.getStatusRebloggedBy(id)), [bob.id]);
  assert.equal((await bob.client.unreblogStatus(id)).data.reblogged, false);
  assert.equal((await bob.client.bookmarkStatus(id)).data.bookmarked, true);
  assert.deepEqual(ids(await bob.client.getBookmarks()), [id]);
  assert.equal((await bob.client.unbookmarkStatus(id)).data.bookmarked, false);
  assert.equal((await client.muteStatus(id)).data.muted, true);
  assert.equal((await client.unmuteStatus(id)).data.muted, false);
  assert.equal((await client.pinStatus(id)).data.pinned, true);
  assert.deepEqual(ids(await client.getAccountStatuses(alice.id, { pinned: true })), [id]);
  assert.equal((await client.unpinStatus(id)).data.pinned, false);
  await client.deleteStatus(id);
  await fails(client.getStatus(id), 404);
});

test('media', async () => {
  const { client } = await user();
  const path = join(tmpdir(), `${word()}.png`);
  await writeFile(path, PNG);
  const media = await client.uploadMedia(createReadStream(path), { description: 'A pixel' });
  await rm(path);
  assert.equal((await client.getMedia(media.data.id)).data.type, 'image');
  const changed = await client.updateMedia(media.data.id, { description: 'A dot' });
  assert.equal(changed.data.description, 'A dot');
  const status = await client.postStatus('', { media_ids: [media.data.id] });
  assert.equal(status.data.media_attachments[0].description, 'A dot');
});

test('polls and scheduled statuses', async () => {
  const [alice, bob] = await users(2);
  const poll = { options: ['One', 'Two'], expires_in: 3600 };
  const status = await alice.client.postStatus('Which?', { poll });
  const { id } = status.data.poll;
  assert.equal((await bob.client.getPoll(id)).data.voted, false);
  assert.equal((await bob.client.votePoll(id, [1])).data.voted, true);
  const at = (minutes) => new Date(Date.now() + minutes * 60_000);
  const scheduled = await alice.client.postStatus('Later', { scheduled_at: at(10).toISOString() });
  assert.deepEqual(ids(await alice.client.getScheduledStatuses()), [scheduled.data.id]);
  assert.ok((await alice.client.getScheduledStatus(scheduled.data.id)).data.scheduled_at);
  await alice.client.scheduleStatus(scheduled.data.id, at(20).toISOString());
  await alice.client.cancelScheduledStatus(scheduled.data.id);
  assert.deepEqual(ids(await alice.client.getScheduledStatuses()), []);
});

test('timelines', async () => {
  const [alice, bob] = await users(2);
  const tag = word();
  await alice.client.followAccount(bob.id);
  const posted = [];
  for (const number of [1, 2, 3]) {
    posted.unshift((await bob.client.postStatus(`${number} #${tag}`)).data.id);
  }
  assert.deepEqual(ids(await alice.client.getHomeTimeline()), posted);
  assert.deepEqual(ids(await alice.client.getTagTimeline(tag)), posted);
  assert.ok(ids(await alice.client.getLocalTimeline()).includes(posted[0]));
  assert.ok(Array.isArray((await alice.client.getPublicTimeline()).data));
  const older = await alice.client.getTagTimeline(tag, { max_id: posted[0], limit: 1 });
  assert.deepEqual(ids(older), [posted[1]]);
});

test('conversations', async () => {
  const [alice, bob] = await users(2);
  // Private mentions by accounts that one does not follow are filtered.
  await alice.client.followAccount(bob.account.id);
  await bob.client.postStatus(`@${alice.account.acct} Hi`, { visibility: 'direct' });
  const [conversation] = (await alice.client.getConversationTimeline()).data;
  assert.equal(conversation.unread, true);
  assert.equal((await alice.client.readConversation(conversation.id)).data.unread, false);
  await alice.client.deleteConversation(conversation.id);
  assert.deepEqual((await alice.client.getConversationTimeline()).data, []);
});

test('lists', async () => {
  const [alice, bob] = await users(2);
  await alice.client.followAccount(bob.id);
  const { id } = (await alice.client.createList('Friends')).data;
  await alice.client.addAccountsToList(id, [bob.id]);
  assert.deepEqual(ids(await alice.client.getAccountsInList(id)), [bob.id]);
  assert.deepEqual(ids(await alice.client.getAccountLists(bob.id)), [id]);
  const status = await bob.client.postStatus('For the list');
  assert.deepEqual(ids(await alice.client.getListTimeline(id)), [status.data.id]);
  assert.equal((await alice.client.updateList(id, 'Others')).data.title, 'Others');
  await alice.client.deleteAccountsFromList(id, [bob.id]);
  await alice.client.deleteList(id);
  assert.deepEqual((await alice.client.getLists()).data, []);
});

test('filters, tags, markers', async () => {
  const { client } = await user();
  const filter = await client.createFilter('hidden', ['home']);
  const changed = await client.updateFilter(filter.data.id, 'secret', ['public']);
  assert.equal(changed.data.phrase, 'secret');
  assert.equal((await client.getFilter(filter.data.id)).data.phrase, 'secret');
  await client.deleteFilter(filter.data.id);
  assert.deepEqual((await client.getFilters()).data, []);
  const name = word();
  assert.equal((await client.followTag(name)).data.following, true);
  assert.equal((await client.getFollowedTags()).data[0].name, name);
  assert.equal((await client.unfollowTag(name)).data.following, false);
  assert.equal((await client.getTag(name)).data.name, name);
  const featured = await client.createFeaturedTag(name);
  assert.deepEqual(ids(await client.getFeaturedTags()), [featured.data.id]);
  await client.deleteFeaturedTag(featured.data.id);
  assert.ok(Array.isArray((await client.getSuggestedTags()).data));
  const { id } = (await client.postStatus('Read up to here')).data;
  await client.saveMarkers({ home: { last_read_id: id } });
  assert.equal((await client.getMarkers(['home'])).data.home.last_read_id, id);
});

test('notifications', async () => {
  const [alice, bob] = await users(2);
  await bob.client.followAccount(alice.id);
  await bob.client.postStatus(`@${alice.account.acct} Hello`);
  const list = (await alice.client.getNotifications()).data;
  assert.deepEqual(
    list.map(({ type }) => type),
    ['mention', 'follow'],
  );
  assert.equal((await alice.client.getNotification(list[0].id)).data.account.id, bob.id);
  await alice.client.dismissNotification(list[0].id);
  assert.equal((await alice.client.getNotifications()).data.length, 1);
  await alice.client.dismissNotifications();
  assert.deepEqual((await alice.client.getNotifications()).data, []);
});

test('push subscriptions', async () => {
  const { client } = await user();
  const subscription = {
    endpoint: 'https://push.example/1',
    keys: {
      p256dh:
        'BEm_a0bdPDhf0SOsrnB2-ategf1hHoCnpXgQsFj5JCkcoMrMt2WHoPfEYOYPzOIs9mZE8ZUaD7VA5vouy0kEkr8',
      auth: 'eH_C8rq2raXqlcBVDa1gLg',
    },
  };
  const created = await client.subscribePushNotification(subscription, {
    alerts: { follow: true },
  });
  assert.equal(created.data.alerts.follow, true);
  assert.equal((await client.getPushSubscription()).data.id, created.data.id);
  const changed = await client.updatePushSubscription({ alerts: { poll: true } });
  assert.equal(changed.data.alerts.poll, true);
  await client.deletePushSubscription();
  await fails(client.getPushSubscription(), 404);
});

test('search, reports, the instance', async () => {
  const [alice, bob] = await users(2);
  const { client } = alice;
  const found = await client.search(bob.account.acct, { type: 'accounts' });
  assert.ok(found.data.accounts.some((account) => account.id === bob.id));
  const report = await client.report(bob.id, { comment: 'Look at this' });
  assert.equal(report.data.comment, 'Look at this');
  assert.ok((await client.getInstance()).data.uri);
  assert.ok(Array.isArray((await client.getInstancePeers()).data));
  assert.ok(Array.isArray((await client.getInstanceActivity()).data));
  assert.ok(Array.isArray((await client.getInstanceTrends()).data));
  assert.ok(Array.isArray((await client.getInstanceDirectory()).data));
  assert.ok(Array.isArray((await client.getInstanceCustomEmojis()).data));
  assert.ok(Array.isArray((await client.getInstanceAnnouncements()).data));
});

/** Acts until the stream emits an event, then closes it. */
async function eventAfter(socket, name, act) {
  let timer;
  try {
    return await new Promise((resolve, reject) => {
      socket.on(name, resolve);
      socket.on('error', reject);
      timer = setInterval(() => act().catch(reject), 100);
    });
  } finally {
    clearInterval(timer);
    socket.stop();
  }
}

test('streaming', { timeout: 30_000 }, async () => {
  const [alice, bob] = await users(2);
  const tag = word();
  await alice.client.followAccount(bob.id);
  const list = (await alice.client.createList('Streamed')).data;
  await alice.client.addAccountsToList(list.id, [bob.id]);
  const post = () => bob.client.postStatus(`#${tag}`);
  for (const open of [
    () => alice.client.userStreaming(),
    () => alice.client.publicStreaming(),
    () => alice.client.localStreaming(),
    () => alice.client.tagStreaming(tag),
    () => alice.client.listStreaming(list.id),
  ]) {
    const status = await eventAfter(await open(), 'update', post);
    assert.ok(status.id);
  }
  const mention = () => bob.client.postStatus(`@${alice.account.acct} Hi`);
  const user = await alice.client.userStreaming();
  assert.equal((await eventAfter(user, 'notification', mention)).account.id, bob.id);
  const write = () =>
    bob.client.postStatus(`@${alice.account.acct} Hi`, { visibility: 'direct' });
  const direct = await alice.client.directStreaming();
  assert.ok((await eventAfter(direct, 'conversation', write)).id);
});
