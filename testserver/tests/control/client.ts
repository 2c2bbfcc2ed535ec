class TestServer {
  constructor(readonly url: string) {}

  async send(method: string, path: string, body?: unknown, token?: string): Promise<any> {
    const headers: Record<string, string> = { "Content-Type": "application/json" };
    if (token) headers.Authorization = `Bearer ${token}`;
    const response = await fetch(this.url + path, { method, headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  }

  control(method: string, path: string, body?: unknown): Promise<any> {
    return this.send(method, `/_test${path}`, body);
  }
}

const server = new TestServer("http://127.0.0.1:3000");
await server.control("POST", "/reset");

// A bot, and somebody who mentions it.
await server.control("POST", "/users", { username: "wordbot", bot: true });
const { access_token: token } = await server.control("POST", "/tokens", { user: "wordbot" });
const mention = await server.control("POST", "/statuses", { user: "bob", text: "@wordbot one two" });

// Here the bot of the test would run. This one reads its notifications and replies.
const [notification] = await server.send("GET", "/api/v1/notifications", undefined, token);
if (notification.status.id !== mention.id) throw new Error("the mention is missing");
const reply = { status: "@bob 3 words", in_reply_to_id: mention.id };
await server.send("POST", "/api/v1/statuses", reply, token);

// What did the server receive?
const [posted] = await server.control("GET", "/requests?method=POST&user=wordbot");
if (JSON.parse(posted.body).in_reply_to_id !== mention.id) throw new Error("the reply is missing");

// The next post fails as on a busy server, and the scheduled ones come due.
await server.control("POST", "/faults", { method: "POST", path: "/api/v1/statuses", status: 503 });
await server.control("POST", "/clock/advance", { seconds: 3600 });

export {};
