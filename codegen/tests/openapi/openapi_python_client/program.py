"""Uses the test server with a client by openapi-python-client."""

import json
import os
import re
from typing import TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

from mastodon_api import AuthenticatedClient, Client
from mastodon_api.api.accounts import account_update_credentials, account_verify_credentials
from mastodon_api.api.apps import app_create, app_verify_credentials
from mastodon_api.api.media import media, media_post_v2
from mastodon_api.api.o_auth import oauth_token
from mastodon_api.api.statuses import status, status_post
from mastodon_api.api.timelines import timeline_home
from mastodon_api.models import (
    AccountUpdateCredentialsJsonBody,
    AppCreateJsonBody,
    Application,
    CredentialAccount,
    CredentialApplication,
    Error,
    FieldAttributes,
    GrantType,
    MediaAttachment,
    MediaPostV2Body,
    NewPoll,
    OauthTokenBody,
    Poll,
    SourceAttributes,
    Status,
    StatusPostJsonBody,
    Token,
    Visibility,
)
from mastodon_api.types import UNSET, File, Unset

URL = os.environ["MASTODON_URL"]
REDIRECT_URI = "https://client.example/callback"
SCOPES = "read write"

T = TypeVar("T")


def expect(kind: type[T], value: object) -> T:
    """Returns the value if it has the type."""
    assert isinstance(value, kind), f"{value} is not a {kind.__name__}"
    return value


def authorize(client_id: str, user: str) -> str:
    """Authorizes an application as a user does on the authorization page. Returns the authorization code."""
    query = {"response_type": "code", "client_id": client_id, "redirect_uri": REDIRECT_URI, "scope": SCOPES}
    body = json.dumps({"url": f"{URL}/oauth/authorize?{urlencode(query)}", "user": user}).encode()
    request = Request(f"{URL}/_test/authorize", body, {"Content-Type": "application/json"})
    with urlopen(request) as response:
        return str(json.load(response)["code"])


def next_max_id(link: str) -> str | None:
    """Cursor of the next page in a `Link` header."""
    found = re.search('<([^>]*)>; rel="next"', link)
    return parse_qs(urlsplit(found[1]).query)["max_id"][0] if found else None


anonymous = Client(base_url=URL)

# The application.
registration = AppCreateJsonBody(client_name="openapi-python-client", redirect_uris=REDIRECT_URI, scopes=SCOPES)
app = expect(CredentialApplication, app_create.sync(client=anonymous, body=registration))
app_token = expect(
    Token,
    oauth_token.sync(
        client=anonymous,
        body=OauthTokenBody(
            grant_type=GrantType.CLIENT_CREDENTIALS,
            client_id=app.client_id,
            client_secret=app.client_secret,
            redirect_uri=REDIRECT_URI,
            scope=SCOPES,
        ),
    ),
)
app_client = AuthenticatedClient(base_url=URL, token=app_token.access_token)
assert expect(Application, app_verify_credentials.sync(client=app_client)).name == "openapi-python-client"

# The user.
user_token = expect(
    Token,
    oauth_token.sync(
        client=anonymous,
        body=OauthTokenBody(
            grant_type=GrantType.AUTHORIZATION_CODE,
            client_id=app.client_id,
            client_secret=app.client_secret,
            redirect_uri=REDIRECT_URI,
            code=authorize(app.client_id, "dave"),
        ),
    ),
)
client = AuthenticatedClient(base_url=URL, token=user_token.access_token)
before = expect(CredentialAccount, account_verify_credentials.sync(client=client))
assert before.username == "dave"
assert before.locked is True

# Booleans, and parameters inside of others.
changes = AccountUpdateCredentialsJsonBody(
    locked=False,
    bot=True,
    source=SourceAttributes(privacy=Visibility.UNLISTED, sensitive=True),
    fields_attributes=[FieldAttributes(name="Language", value="Python")],
)
expect(CredentialAccount, account_update_credentials.sync(client=client, body=changes))
account = expect(CredentialAccount, account_verify_credentials.sync(client=client))
assert account.locked is False
assert account.bot is True
assert account.source and account.source.privacy == Visibility.UNLISTED
assert account.source.sensitive is True
assert account.fields and [(field.name, field.value) for field in account.fields] == [("Language", "Python")]

# A file.
with open(os.environ["IMAGE"], "rb") as image:
    upload = MediaPostV2Body(file=File(image, "dot.png", "image/png"), description="A dot")
    uploaded = expect(MediaAttachment, media_post_v2.sync(client=client, body=upload))
attachment = expect(MediaAttachment, media.sync(uploaded.id, client=client))
assert attachment.description == "A dot"
assert attachment.type_ == "image"

# Statuses.
new = StatusPostJsonBody(
    status="Which?",
    media_ids=[attachment.id],
    poll=NewPoll(options=["Cats", "Dogs"], expires_in=3600, multiple=True),
)
posted = expect(Status, status_post.sync(client=client, body=new, idempotency_key="first"))
assert posted.visibility == Visibility.UNLISTED
assert [item.id for item in posted.media_attachments] == [attachment.id]
poll = expect(Poll, posted.poll)
assert poll.multiple is True
assert [option.title for option in poll.options] == ["Cats", "Dogs"]
ids = [posted.id]
for text in ("two", "three", "four", "five"):
    new = StatusPostJsonBody(status=text, visibility=Visibility.PRIVATE)
    ids.insert(0, expect(Status, status_post.sync(client=client, body=new)).id)

# Pages of a timeline.
seen: list[str] = []
cursor: str | None | Unset = UNSET
while cursor is not None:
    page = timeline_home.sync_detailed(client=client, limit=2, max_id=cursor)
    statuses = [expect(Status, item) for item in expect(list, page.parsed)]
    assert len(statuses) <= 2
    seen += [item.id for item in statuses if item.account.id == account.id]
    cursor = next_max_id(page.headers.get("link", ""))
assert seen[: len(ids)] == ids

# Errors.
missing = status.sync_detailed("1", client=client)
assert missing.status_code == 404
assert expect(Error, missing.parsed).error == "Record not found"
empty = status_post.sync_detailed(client=client, body=StatusPostJsonBody())
assert empty.status_code == 422
assert expect(Error, empty.parsed).error.startswith("Validation failed")

print("openapi-python-client: every step succeeded")
