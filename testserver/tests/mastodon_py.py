"""Uses a test server through Mastodon.py and checks the result of each step.

    python3 mastodon_py.py URL

The server has the users alice, bob, carol and dave. The password of each is the user name.
"""

import datetime
import html.parser
import http.cookiejar
import http.server
import queue
import struct
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse
import urllib.request
import warnings
import zlib

from mastodon import Mastodon, StreamListener
from mastodon.errors import (
    MastodonAPIError,
    MastodonIllegalArgumentError,
    MastodonNotFoundError,
    MastodonUnauthorizedError,
)

SCOPES = ["read", "write", "follow", "push", "profile"]
TIMEOUT = 60
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


class Forms(html.parser.HTMLParser):
    """Parses the forms of a page with their hidden fields, and the code that the page shows."""

    def __init__(self, page):
        super().__init__()
        self.forms, self.code, self.in_code = [], "", False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.forms.append((attrs["action"], {}))
        elif tag == "input" and attrs.get("type") == "hidden":
            self.forms[-1][1][attrs["name"]] = attrs["value"]
        elif tag == "code":
            self.in_code, self.code = True, ""

    def handle_endtag(self, tag):
        if tag == "code":
            self.in_code = False

    def handle_data(self, data):
        if self.in_code:
            self.code += data


class Browser:
    """A browser that keeps cookies and follows redirects."""

    def __init__(self, base):
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.base, self.opener = base, urllib.request.build_opener(cookies)

    def open(self, url, form=None):
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        response = self.opener.open(urllib.parse.urljoin(self.base, url), data)
        return response.read().decode()

    def log_in(self, url, name):
        """Signs in, authorizes the application, and returns the code."""
        action, fields = Forms(self.open(url)).forms[0]
        fields.update({"user[email]": f"{name}@example.org", "user[password]": name})
        page = self.open(action, fields)
        assert f"@{name}" in page, page
        action, fields = Forms(page).forms[0]
        return Forms(self.open(action, fields)).code


def expect(kind, call, *arguments, **named):
    """Returns the error that a call raises."""
    try:
        call(*arguments, **named)
    except kind as error:
        return error
    raise AssertionError(f"{call.__name__} did not raise {kind.__name__}")


def make_png(gray):
    """Returns a PNG of one pixel."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes([0, gray]))) + chunk(b"IEND", b"")


def ids(entities):
    return [entity.id for entity in entities]


def types(notifications):
    return [notification.type for notification in notifications]


def has(entities, entity):
    return entity.id in ids(entities)


class Listener(StreamListener):
    """Records the events of a stream."""

    def __init__(self):
        self.events, self.open = queue.Queue(), threading.Event()

    def handle_heartbeat(self):
        # The server sends one as soon as the stream is open.
        self.open.set()

    def on_websocket_error(self, error, for_stream):
        self.events.put(("error", error.args))

    def on_any_event(self, name, data):
        self.events.put((name, data))

    def on_unknown_event(self, name, data):
        pass

    def next(self, name):
        """Returns the data of the next event, which must have the given name."""
        received, data = self.events.get(timeout=TIMEOUT)
        assert received == name, (received, data)
        return data


class Endpoint:
    """A push endpoint that records the requests it receives."""

    def __init__(self):
        received = self.received = queue.Queue()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                received.put((self.headers, self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(201)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}/push"


class Session:
    """The steps, in the order in which a client might perform them."""

    def __init__(self, base):
        self.base = base
        self.clients = {name: self.user(name) for name in ["alice", "bob", "carol", "dave"]}
        for name, client in self.clients.items():
            setattr(self, name, client)
        self.accounts = {name: client.me() for name, client in self.clients.items()}

    def user(self, name):
        browser = Browser(self.base)
        client_id, secret = Mastodon.create_app(
            f"Mastodon.py for {name}",
            scopes=SCOPES,
            redirect_uris=OUT_OF_BAND,
            website="https://example.org",
            api_base_url=self.base,
        )
        client = Mastodon(client_id=client_id, client_secret=secret, api_base_url=self.base, ratelimit_method="throw")
        url = client.auth_request_url(scopes=SCOPES, state="state", lang="en", allow_http=True)
        code = browser.log_in(url, name)
        token = client.log_in(code=code, scopes=SCOPES, allow_http=True)
        assert token == client.access_token
        assert client.me().username == name
        return client

    def step_logging_in(self):
        assert self.alice.get_supported_version()
        assert self.alice.retrieve_mastodon_version() == "4.6.5"
        assert self.alice.verify_minimum_version("4.6.0")
        assert self.alice.app_verify_credentials().name == "Mastodon.py for alice"
        info = self.alice.oauth_authorization_server_info()
        assert "authorization_code" in info.grant_types_supported
        password = {"username": "alice@example.org", "password": "alice", "allow_http": True}
        expect(MastodonIllegalArgumentError, self.alice.log_in, **password)
        expect(MastodonIllegalArgumentError, self.alice.log_in, code="wrong", scopes=SCOPES, allow_http=True)
        with tempfile.NamedTemporaryFile("w", suffix=".secret") as secrets:
            Mastodon.create_app("Filed", api_base_url=self.base, to_file=secrets.name)
            app = Mastodon(client_id=secrets.name)
            assert app.api_base_url == self.base
            assert app.instance().title == self.alice.instance().title
        invalid = Mastodon(access_token="wrong", api_base_url=self.base)
        expect(MastodonUnauthorizedError, invalid.me)
        assert abs(self.alice.get_approx_server_time().timestamp() - time.time()) < 60

    def step_instance(self):
        v2, v1 = self.alice.instance_v2(), self.alice.instance_v1()
        assert v2.version == v1.version == "4.6.5"
        assert v2.configuration.statuses.max_characters == 500
        assert v2.api_versions.mastodon == 11
        assert v2.contact.account.username == "alice"
        assert v1.stats.user_count >= 4
        assert self.alice.instance_health()
        node = self.alice.instance_nodeinfo()
        assert node.software.name == "mastodon"
        assert [rule.text for rule in self.alice.instance_rules()] == [rule.text for rule in v2.rules]
        assert len(self.alice.instance_activity()) == 12
        assert isinstance(self.alice.instance_activity()[0].week, datetime.datetime)
        assert "elsewhere.example" in self.alice.instance_peers()
        assert self.alice.instance_domain_blocks()[0].severity in ("silence", "suspend")
        assert self.alice.instance_extended_description().content == ""
        assert self.alice.instance_terms_of_service().effective
        assert self.alice.instance_terms_of_service(datetime.date(2024, 5, 1)).succeeded_by
        assert self.alice.instance_translation_languages() == {}
        assert any(language.code == "de" for language in self.alice.instance_languages())
        emoji = self.alice.custom_emojis()[0]
        assert urllib.request.urlopen(emoji.url).read().startswith(b"\x89PNG")

    def step_posting(self):
        alice = self.alice
        status = alice.status_post(
            "Hello, @bob! #Test https://example.org/",
            visibility="unlisted",
            spoiler_text="a test",
            sensitive=True,
            language="en",
        )
        assert (status.visibility, status.spoiler_text, status.language) == ("unlisted", "a test", "en")
        assert status.sensitive and status.application.name == "Mastodon.py for alice"
        assert [mention.acct for mention in status.mentions] == ["bob"]
        assert [tag.name for tag in status.tags] == ["test"]
        assert 'href="https://example.org/"' in status.content
        assert alice.status(status).id == status.id
        assert ids(alice.statuses([status])) == [status.id]
        assert alice.toot("short").content == "<p>short</p>"
        once = [alice.status_post("once", idempotency_key="key").id for _ in range(2)]
        assert once[0] == once[1]
        assert expect(MastodonAPIError, alice.status_post, "").args[1] == 422
        assert expect(MastodonAPIError, alice.status_post, "x" * 501).args[1] == 422
        expect(MastodonNotFoundError, alice.status, 1)
        reply = self.bob.status_reply(status, "Hello yourself")
        assert reply.in_reply_to_id == status.id and reply.visibility == "unlisted"
        context = alice.status_context(status)
        assert ids(context.descendants) == [reply.id] and context.ancestors == []
        deleted = alice.status_delete(once[0])
        assert deleted.text == "once"
        expect(MastodonNotFoundError, alice.status, once[0])

    def step_editing(self):
        status = self.alice.status_post("frist", sensitive=False)
        edited = self.alice.status_update(status, "first", spoiler_text="now with a warning")
        assert edited.edited_at and "first" in edited.content
        history = self.alice.status_history(status)
        assert ["frist" in history[0].content, "first" in history[1].content] == [True, True]
        source = self.alice.status_source(status)
        assert (source.text, source.spoiler_text) == ("first", "now with a warning")
        expect(MastodonAPIError, self.bob.status_update, status, "mine")

    def step_media(self):
        media = self.alice.media_post(make_png(1), mime_type="image/png", description="one", focus=(0.5, -0.5))
        assert media.type == "image" and media.description == "one"
        assert (media.meta.focus.x, media.meta.focus.y) == (0.5, -0.5)
        assert self.alice.media_update(media, description="changed").description == "changed"
        assert self.alice.media(media).description == "changed"
        second = self.alice.media_post(make_png(2), mime_type="image/png", synchronous=True)
        status = self.alice.status_post("pictures", media_ids=[media, second], sensitive=True)
        assert ids(status.media_attachments) == [media.id, second.id] and status.sensitive
        assert urllib.request.urlopen(status.media_attachments[0].url).read() == make_png(1)
        attributes = self.alice.generate_media_edit_attributes(media.id, description="in the edit")
        # Without media_ids: Mastodon.py fails if both are given.
        unchanged = self.alice.generate_media_edit_attributes(second.id)
        edited = self.alice.status_update(status, "pictures", media_attributes=[attributes, unchanged])
        assert {item.id: item.description for item in edited.media_attachments}[media.id] == "in the edit"
        only = self.alice.account_statuses(self.accounts["alice"], only_media=True)
        assert ids(only) == [status.id]
        assert expect(MastodonAPIError, self.alice.media_post, b"text", mime_type="image/png").args[1] == 422

    def step_polls(self):
        poll = self.alice.make_poll(["tea", "coffee", "water"], expires_in=600, multiple=True)
        status = self.alice.status_post("What do you drink?", poll=poll)
        assert [option.title for option in status.poll.options] == ["tea", "coffee", "water"]
        voted = self.bob.poll_vote(status.poll, [0, 2])
        assert (voted.votes_count, voted.voters_count, voted.own_votes) == (2, 1, [0, 2])
        assert [option.votes_count for option in self.alice.poll(status.poll).options] == [1, 0, 1]
        assert expect(MastodonAPIError, self.bob.poll_vote, status.poll, 2).args[1] == 422

    def step_scheduling(self):
        at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
        entry = self.alice.status_post("later", scheduled_at=at)
        assert abs(entry.scheduled_at - at) < datetime.timedelta(seconds=1)
        assert has(self.alice.scheduled_statuses(), entry)
        moved = self.alice.scheduled_status_update(entry, at + datetime.timedelta(hours=1))
        assert self.alice.scheduled_status(entry).scheduled_at == moved.scheduled_at
        self.alice.scheduled_status_delete(entry)
        expect(MastodonNotFoundError, self.alice.scheduled_status, entry)

    def step_timelines(self):
        posted = [self.alice.status_post(f"page {number} #paging") for number in range(7)]
        newest_first = ids(reversed(posted))
        page = self.bob.timeline_home(limit=3)
        assert ids(page) == newest_first[:3]
        older = self.bob.fetch_next(page)
        assert ids(older) == newest_first[3:6]
        assert ids(self.bob.fetch_previous(older)) == newest_first[:3]
        assert ids(self.carol.timeline_hashtag("paging", limit=40)) == newest_first
        all_pages = self.bob.fetch_remaining(self.bob.timeline_hashtag("paging", limit=2))
        assert ids(all_pages) == newest_first
        assert ids(self.bob.pagination_iterator(self.bob.timeline_hashtag("paging", limit=3))) == newest_first
        assert ids(self.bob.timeline_home(min_id=posted[2], limit=2)) == ids(reversed(posted[3:5]))
        assert ids(self.bob.timeline_home(max_id=posted[2], limit=2)) == ids(reversed(posted[:2]))
        for timeline in [self.carol.timeline_public, self.carol.timeline_local]:
            assert ids(timeline(limit=7)) == newest_first
        anonymous = Mastodon(api_base_url=self.base)
        assert ids(anonymous.timeline_public(limit=1)) == newest_first[:1]

    def step_favourites_bookmarks_boosts(self):
        status = self.alice.status_post("mark me")
        assert self.bob.status_favourite(status).favourited
        assert self.bob.status_bookmark(status).bookmarked
        assert has(self.bob.favourites(), status) and has(self.bob.bookmarks(), status)
        assert has(self.alice.status_favourited_by(status), self.accounts["bob"])
        boost = self.bob.status_reblog(status, visibility="unlisted")
        assert boost.reblog.id == status.id and boost.visibility == "unlisted"
        assert has(self.alice.status_reblogged_by(status), self.accounts["bob"])
        fetched = self.alice.status(status)
        assert (fetched.favourites_count, fetched.reblogs_count) == (1, 1)
        assert has(self.carol.trending_statuses(), status)
        assert not self.bob.status_unreblog(status).reblogged
        assert not self.bob.status_unfavourite(status).favourited
        assert not self.bob.status_unbookmark(status).bookmarked
        assert self.alice.status_pin(status).pinned
        assert ids(self.bob.account_statuses(self.accounts["alice"], pinned=True)) == [status.id]
        assert not self.alice.status_unpin(status).pinned
        assert self.alice.status_mute(status).muted
        assert not self.alice.status_unmute(status).muted

    def step_quotes(self):
        status = self.alice.status_post("quote me", quote_approval_policy="public")
        quote = self.bob.status_post("as alice says", quoted_status_id=status)
        assert quote.quote.state == "accepted" and quote.quote.quoted_status.id == status.id
        assert ids(self.alice.status_quotes(status)) == [quote.id]
        assert self.alice.status_quote_revoke(status, quote).quote.state == "revoked"
        closed = self.alice.status_update_quote_approval_policy(status, "nobody")
        assert closed.quote_approval.automatic == []
        expect(MastodonAPIError, self.bob.status_post, "again", quoted_status_id=status)

    def step_search(self):
        status = self.alice.status_post("A hippopotamus #Hippo")
        results = self.bob.search("hippo")
        assert [tag.name for tag in results.hashtags] == ["Hippo"]
        assert ids(self.bob.search("hippopotamus", result_type="statuses").statuses) == [status.id]
        assert self.bob.search("carol").accounts[0].acct == "carol"
        assert ids(self.bob.search(status.url).statuses) == [status.id]
        assert self.bob.account_search("erin@elsewhere.example")[0].acct == "erin@elsewhere.example"
        assert self.bob.search_v2("hippo", result_type="hashtags").hashtags[0].history[0].uses == "1"
        assert self.carol.trending_tags(limit=1)[0].history[0].accounts >= "1"
        assert self.carol.trending_links() == []

    def step_following(self):
        carol, dave = self.accounts["carol"], self.accounts["dave"]
        relationship = self.alice.account_follow(carol, reblogs=False, notify=True)
        assert relationship.following and relationship.notifying and not relationship.showing_reblogs
        assert has(self.alice.account_following(self.accounts["alice"]), carol)
        assert has(self.carol.account_followers(carol), self.accounts["alice"])
        assert self.alice.account_relationships([carol, dave])[0].following
        status = self.carol.status_post("notify followers")
        assert any(item.type == "status" and item.status.id == status.id for item in self.alice.notifications())
        requested = self.alice.account_follow(dave)
        assert requested.requested and not requested.following
        assert has(self.dave.follow_requests(), self.accounts["alice"])
        assert self.dave.follow_request_authorize(self.accounts["alice"]).followed_by
        self.bob.account_follow(dave)
        assert not self.dave.follow_request_reject(self.accounts["bob"]).followed_by
        assert not self.alice.account_unfollow(dave).following
        assert self.alice.account_endorse(carol).endorsed
        assert has(self.alice.endorsements(), carol)
        assert not self.alice.account_unendorse(carol).endorsed
        assert self.alice.account_note_set(carol, "a friend").note == "a friend"
        assert has(self.alice.account_familiar_followers(dave)[0].accounts, carol) is False
        assert not self.carol.account_remove_from_followers(self.accounts["alice"]).followed_by

    def step_blocking_and_muting(self):
        carol = self.accounts["carol"]
        assert self.bob.account_mute(carol, notifications=True, duration=3600).muting
        muted = self.bob.mutes()
        assert ids(muted) == [carol.id] and muted[0].mute_expires_at
        assert not self.bob.account_unmute(carol).muting
        assert self.bob.account_block(carol).blocking
        assert ids(self.bob.blocks()) == [carol.id]
        assert self.carol.account_relationships(self.accounts["bob"])[0].blocked_by
        assert not self.bob.account_unblock(carol).blocking
        self.bob.domain_block("elsewhere.example")
        assert self.bob.domain_blocks() == ["elsewhere.example"]
        self.bob.domain_unblock("elsewhere.example")
        assert self.bob.domain_blocks() == []

    def step_notifications(self):
        alice = self.alice
        alice.notifications_clear()
        assert alice.notifications() == []
        status = alice.status_post("notify me")
        self.bob.status_favourite(status)
        self.carol.status_favourite(status)
        self.carol.status_reblog(status)
        self.bob.status_post("@alice hello")
        notifications = alice.notifications()
        assert types(notifications) == ["mention", "reblog", "favourite", "favourite"]
        assert types(alice.notifications(types=["favourite"])) == ["favourite"] * 2
        assert types(alice.notifications(exclude_types=["favourite"])) == ["mention", "reblog"]
        assert len(alice.notifications(account_id=self.accounts["bob"])) == 2
        first = alice.notifications(limit=3)
        assert ids(alice.fetch_next(first)) == ids(notifications[3:])
        assert alice.notifications_unread_count().count == 4
        groups = alice.grouped_notifications()
        assert [group.type for group in groups.notification_groups] == ["mention", "reblog", "favourite"]
        favourites = groups.notification_groups[2]
        assert favourites.notifications_count == 2 and len(favourites.sample_account_ids) == 2
        partial = alice.grouped_notifications(expand_accounts="partial_avatars")
        assert len(partial.accounts) + len(partial.partial_accounts) == 2
        group = alice.grouped_notification(favourites.group_key)
        assert group.notification_groups[0].group_key == favourites.group_key
        assert len(alice.grouped_notification_accounts(favourites.group_key)) == 2
        assert alice.unread_grouped_notifications_count() == 3
        alice.markers_set("notifications", notifications[0].id)
        assert alice.notifications_unread_count().count == 0
        assert alice.markers_get("notifications")["notifications"].last_read_id == notifications[0].id
        alice.dismiss_grouped_notification(favourites.group_key)
        alice.notifications_dismiss(notifications[0])
        assert types(alice.notifications()) == ["reblog"]

    def step_notification_policy(self):
        alice, dave = self.alice, self.dave
        policy = alice.notifications_policy()
        assert (policy.for_private_mentions, policy.for_not_following) == ("filter", "accept")
        policy = alice.update_notifications_policy(for_not_following="filter")
        assert policy.for_not_following == "filter"
        alice.notifications_clear()
        filtered = [dave.status_post(f"@alice filtered {number}") for number in range(2)]
        assert alice.notifications() == []
        requests = alice.notification_requests()
        assert [request.account.acct for request in requests] == ["dave"]
        assert int(requests[0].notifications_count) == 2 and requests[0].last_status.id == filtered[1].id
        assert alice.notification_request(requests[0]).id == requests[0].id
        assert alice.notifications_policy().summary.pending_requests_count == 1
        alice.dismiss_notification_request(requests[0])
        assert alice.notification_requests() == []
        dave.status_post("@alice once more")
        # One at a time: for several, Mastodon.py sends `id[][]`, which no server reads.
        alice.accept_notification_request(alice.notification_requests()[0])
        assert alice.notifications_merged()
        assert len(alice.notifications()) == 1
        alice.update_notifications_policy(for_not_following="accept")

    def step_lists(self):
        alice, bob, carol = self.alice, self.accounts["bob"], self.accounts["carol"]
        alice.account_follow(bob)
        alice.account_follow(carol)
        created = alice.list_create("friends", replies_policy="none", exclusive=True)
        assert (created.title, created.replies_policy, created.exclusive) == ("friends", "none", True)
        alice.list_accounts_add(created, [bob, carol])
        assert sorted(ids(alice.list_accounts(created))) == sorted([bob.id, carol.id])
        assert has(alice.account_lists(bob), created)
        status = self.bob.status_post("for the list")
        assert ids(alice.timeline_list(created, limit=1)) == [status.id]
        alice.list_accounts_delete(created, [carol])
        assert ids(alice.list_accounts(created)) == [bob.id]
        renamed = alice.list_update(created, "good friends")
        assert alice.list(created).title == renamed.title == "good friends"
        assert ids(alice.lists()) == [created.id]
        alice.list_delete(created)
        assert alice.lists() == []

    def step_hashtags(self):
        alice = self.alice
        assert alice.tag_follow("cats").following
        assert [tag.name for tag in alice.followed_tags()] == ["cats"]
        status = self.dave.status_post("#cats", visibility="public")
        assert has(alice.timeline_home(limit=5), status)
        assert alice.tag("cats").history[0].uses == "1"
        assert not alice.tag_unfollow("cats").following
        featured = alice.featured_tag_create("test")
        assert [tag.name for tag in alice.featured_tags()] == ["test"]
        assert [tag.name for tag in self.bob.account_featured_tags(self.accounts["alice"])] == ["test"]
        alice.featured_tag_delete(featured)
        assert alice.tag_feature("test").featuring
        assert not alice.tag_unfeature("test").featuring
        assert isinstance(alice.featured_tag_suggestions(), list)

    def step_conversations(self):
        private = self.alice.status_post("psst @bob", visibility="direct")
        conversation = self.bob.conversations()[0]
        assert conversation.last_status.id == private.id and conversation.unread
        assert [account.acct for account in conversation.accounts] == ["alice"]
        assert not self.bob.conversations_read(conversation).unread
        expect(MastodonNotFoundError, self.carol.status, private)

    def listen(self, open_stream, *arguments, **named):
        """Opens a stream and waits until it is open.

        The stream is never closed: Mastodon.py would wait for the next heartbeat.
        """
        listener = Listener()
        handle = open_stream(*arguments, listener=listener, run_async=True, timeout=TIMEOUT, **named)
        assert listener.open.wait(TIMEOUT)
        return handle, listener

    def check_status_events(self, listener, text, client=None):
        """Checks that a stream carries a new status, its edit and its deletion."""
        posted = (client or self.alice).status_post(text)
        assert listener.next("update").id == posted.id
        (client or self.alice).status_update(posted.id, f"{text}!")
        assert "!" in listener.next("status.update").content
        (client or self.alice).status_delete(posted.id)
        assert str(listener.next("delete")) == str(posted.id)

    def step_streaming(self):
        assert self.bob.stream_healthy()
        self.bob.account_follow(self.accounts["alice"])
        friends = self.bob.list_create("heard")
        self.bob.list_accounts_add(friends, [self.accounts["alice"]])
        for open_stream, arguments, named in [
            (self.bob.stream_user, [], {}),
            (self.bob.stream_public, [], {}),
            (self.bob.stream_public, [], {"local": True}),
            (self.bob.stream_local, [], {}),
            (self.bob.stream_hashtag, ["Heard"], {}),
            (self.bob.stream_hashtag, ["heard"], {"local": True}),
            (self.bob.stream_list, [friends], {}),
        ]:
            handle, listener = self.listen(open_stream, *arguments, **named)
            assert handle.is_alive() and handle.is_receiving()
            self.check_status_events(listener, "Can you hear me? #heard")
        self.bob.list_delete(friends)

    def step_streaming_notifications(self):
        status = self.bob.status_post("Listen")
        for open_stream in [self.bob.stream_user, self.bob.stream_user_notifications]:
            _, listener = self.listen(open_stream)
            self.alice.status_favourite(status)
            notification = listener.next("notification")
            assert notification.type == "favourite" and notification.account.acct == "alice"
            assert notification.status.id == status.id
            self.alice.status_unfavourite(status)
        _, listener = self.listen(self.bob.stream_direct)
        direct = self.alice.status_post("Psst @bob", visibility="direct")
        assert listener.next("conversation").last_status.id == direct.id

    def step_streaming_over_websocket(self):
        user, tagged = Listener(), Listener()
        with self.bob.stream_open_websocket(timeout=TIMEOUT) as handle:
            self.bob.stream_user(user, websocket_handle=handle)
            subscription = self.bob.stream_hashtag("heard", tagged, websocket_handle=handle)
            # Messages are handled in order, so the error of an invalid subscription, which
            # all listeners receive, confirms the earlier subscriptions.
            self.bob.stream_list(0, user, websocket_handle=handle)
            for listener in [user, tagged]:
                assert listener.next("error")[1:] == (401, "Not authorized to stream this list")
            self.check_status_events(user, "Over")
            self.check_status_events(tagged, "Over and out #heard")
            subscription.close()

    def step_profile(self):
        alice = self.alice
        account = alice.account_update_credentials(
            display_name="Alice A.",
            note="Hello",
            bot=True,
            fields=[("web", "https://example.org"), ("cats", "two")],
            avatar=make_png(3),
            avatar_mime_type="image/png",
            default_privacy="unlisted",
        )
        assert (account.display_name, account.bot, account.source.privacy) == ("Alice A.", True, "unlisted")
        assert [field.name for field in account.fields] == ["web", "cats"]
        assert urllib.request.urlopen(account.avatar).read() == make_png(3)
        assert alice.preferences()["posting:default:visibility"] == "unlisted"
        assert alice.status_post("by default").visibility == "unlisted"
        profile = alice.profile_update(note="Good bye", bot=False)
        assert profile.note == "Good bye" and alice.profile().bot is False
        alice.account_delete_avatar()
        alice.account_update_credentials(default_privacy="public")
        assert alice.account_lookup("alice").id == alice.account(self.accounts["alice"]).id
        assert ids(alice.accounts([self.accounts["bob"]])) == [self.accounts["bob"].id]

    def step_discovery(self):
        assert has(self.alice.directory(local=True), self.accounts["bob"])
        suggestions = self.dave.suggestions_v2()
        if suggestions:
            self.dave.suggestion_delete(suggestions[0].account)
            assert not has([suggestion.account for suggestion in self.dave.suggestions_v2()], suggestions[0].account)

    def step_markers(self):
        status = self.alice.timeline_home()[0]
        marker = self.alice.markers_set("home", status)["home"]
        assert marker.last_read_id == status.id
        assert self.alice.markers_get("home")["home"].version == marker.version

    def step_push(self):
        alice = self.alice
        expect(MastodonNotFoundError, alice.push_subscription)
        _, public = alice.push_subscription_generate_keys()
        created = alice.push_subscription_set(
            "https://push.example/hook", public, mention_events=True, follow_events=False
        )
        assert created.endpoint == "https://push.example/hook" and created.alerts.mention
        assert created.server_key == alice.instance_v2().configuration.vapid.public_key
        assert alice.push_subscription().id == created.id
        changed = alice.push_subscription_update(favourite_events=True)
        assert changed.alerts.favourite and not changed.alerts.mention
        alice.push_subscription_delete()
        expect(MastodonNotFoundError, alice.push_subscription)

    def step_push_messages(self):
        alice, endpoint = self.alice, Endpoint()
        private, public = alice.push_subscription_generate_keys()
        alice.push_subscription_set(endpoint.url, public, mention_events=True)
        status = self.bob.status_post("@alice Ünïcode, please")
        headers, body = endpoint.received.get(timeout=TIMEOUT)
        message = alice.push_subscription_decrypt_push(body, private, headers["Encryption"], headers["Crypto-Key"])
        assert headers["Content-Encoding"] == "aesgcm" and headers["TTL"] == "172800"
        assert message.access_token == alice.access_token and message.preferred_locale == "en"
        newest = alice.notifications(limit=1)[0]
        assert newest.status.id == status.id and str(message.notification_id) == newest.id
        assert message.notification_type == "mention" and message.icon == newest.account.avatar_static
        assert message.body == "@alice Ünïcode, please" and "bob" in message.title
        alice.push_subscription_delete()

    def step_signing_up(self):
        # Reuses an application, because an IP address can register only five in ten minutes.
        client_id, secret = self.alice.client_id, self.alice.client_secret
        app = Mastodon(client_id=client_id, client_secret=secret, api_base_url=self.base)
        _, response = app.create_account(
            "alice", "a long password", "a@example.net", agreement=True, scopes=SCOPES, return_detailed_error=True
        )
        assert response.details.username[0].error == "ERR_TAKEN"
        token = app.create_account("frank", "a long password", "f@example.net", agreement=True, scopes=SCOPES)
        assert token
        assert expect(MastodonAPIError, app.me).args[1] == 403
        app.email_resend_confirmation()

    def step_rate_limits(self):
        self.alice.me()
        assert self.alice.ratelimit_limit == 300 and 0 < self.alice.ratelimit_remaining < 300
        assert self.alice.ratelimit_reset > time.time()

    def step_logging_out(self):
        self.carol.revoke_access_token(allow_http=True)
        assert self.carol.access_token is None


def main(base):
    # Deprecated methods are called on purpose.
    warnings.simplefilter("ignore")
    session = Session(base)
    steps = [name for name in vars(Session) if name.startswith("step_")]
    failures = 0
    for name in steps:
        title = name.removeprefix("step_").replace("_", " ")
        try:
            getattr(session, name)()
        except Exception:
            failures += 1
            print(f"{title}: FAILED")
            traceback.print_exc()
        else:
            print(f"{title}: ok")
    print(f"{len(steps) - failures} of {len(steps)} steps")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
