// A web client of one page with masto.js: logs in by OAuth with PKCE, shows the home timeline, posts, and streams.

import { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient } from 'masto';

const url = new URLSearchParams(location.search).get('server') ?? sessionStorage.getItem('server');
const redirectUri = `${location.origin}/`;
const encode = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

async function logIn() {
  const app = await createRestAPIClient({ url }).v1.apps.create({
    clientName: 'Web client',
    redirectUris: redirectUri,
    scopes: 'read write',
  });
  const verifier = encode(crypto.getRandomValues(new Uint8Array(32)));
  const challenge = encode(
    await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)),
  );
  for (const [name, value] of Object.entries({ ...app, verifier, server: url })) {
    sessionStorage.setItem(name, value);
  }
  location.href = `${url}/oauth/authorize?${new URLSearchParams({
    response_type: 'code',
    client_id: app.clientId,
    redirect_uri: redirectUri,
    scope: 'read write',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  })}`;
}

function show(status, position) {
  const item = document.createElement('li');
  const avatar = document.createElement('img');
  avatar.src = status.account.avatar;
  item.append(avatar, `${status.account.acct}: `);
  item.insertAdjacentHTML('beforeend', status.content);
  document.querySelector('ul')[position](item);
}

async function run(code) {
  const token = await createOAuthAPIClient({ url }).token.create({
    grantType: 'authorization_code',
    clientId: sessionStorage.getItem('clientId'),
    clientSecret: sessionStorage.getItem('clientSecret'),
    redirectUri,
    code,
    codeVerifier: sessionStorage.getItem('verifier'),
  });
  const client = createRestAPIClient({ url, accessToken: token.accessToken });
  const account = await client.v1.accounts.verifyCredentials();
  document.querySelector('h1').textContent = `Home of ${account.acct}`;
  for (const status of await client.v1.timelines.home.list()) {
    show(status, 'append');
  }
  document.querySelector('form').addEventListener('submit', (event) => {
    event.preventDefault();
    client.v1.statuses.create({ status: document.querySelector('textarea').value });
  });
  const { configuration } = await client.v2.instance.fetch();
  const stream = createStreamingAPIClient({
    streamingApiUrl: configuration.urls.streaming,
    accessToken: token.accessToken,
  });
  for await (const event of stream.user.subscribe()) {
    if (event.event === 'update') {
      show(event.payload, 'prepend');
    }
  }
}

const code = new URLSearchParams(location.search).get('code');
(code ? run(code) : logIn()).catch((error) => {
  document.querySelector('h1').textContent = String(error);
});
