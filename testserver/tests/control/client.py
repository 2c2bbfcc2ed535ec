import json
from urllib.request import Request, urlopen


class TestServer:
    def __init__(self, url):
        self.url = url

    def send(self, method, path, body=None, token=None):
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.url + path, data, headers, method=method)) as response:
            return json.load(response)

    def control(self, method, path, body=None):
        return self.send(method, "/_test" + path, body)


server = TestServer("http://127.0.0.1:3000")
server.control("POST", "/reset")

# A bot, and somebody who mentions it.
server.control("POST", "/users", {"username": "wordbot", "bot": True})
token = server.control("POST", "/tokens", {"user": "wordbot"})["access_token"]
mention = server.control("POST", "/statuses", {"user": "bob", "text": "@wordbot one two"})

# Here the bot of the test would run. This one reads its notifications and replies.
[notification] = server.send("GET", "/api/v1/notifications", token=token)
assert notification["status"]["id"] == mention["id"]
reply = {"status": "@bob 3 words", "in_reply_to_id": mention["id"]}
server.send("POST", "/api/v1/statuses", reply, token)

# What did the server receive?
[posted] = server.control("GET", "/requests?method=POST&user=wordbot")
assert json.loads(posted["body"])["in_reply_to_id"] == mention["id"]

# The next post fails as on a busy server, and the scheduled ones come due.
server.control("POST", "/faults", {"method": "POST", "path": "/api/v1/statuses", "status": 503})
server.control("POST", "/clock/advance", {"seconds": 3600})
