// What the programs in TypeScript share.

import { readFileSync } from 'node:fs';

/** Address of the test server. */
export const url = process.env['MASTODON_URL'] ?? '';

/** Address to which the authorization server redirects the user. */
export const REDIRECT_URI = 'https://client.example/callback';

/** Scopes that the programs request. */
export const SCOPES = 'read write';

/** An image file. */
export const image = (): Blob => new Blob([readFileSync(process.env['IMAGE'] ?? '')], { type: 'image/png' });

/** Authorizes an application as a user does on the authorization page. Returns the authorization code. */
export async function authorize(clientId: string, user: string): Promise<string> {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: REDIRECT_URI,
    scope: SCOPES,
  });
  const response = await fetch(`${url}/_test/authorize`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: `${url}/oauth/authorize?${query}`, user }),
  });
  const { code } = (await response.json()) as { code: string };
  return code;
}

/** Cursor of the next page in a `Link` header. Without a next page it is undefined. */
export function nextMaxId(link: string | null): string | undefined {
  const next = /<([^>]*)>; rel="next"/.exec(link ?? '')?.[1];
  return next === undefined ? undefined : (new URL(next).searchParams.get('max_id') ?? undefined);
}
