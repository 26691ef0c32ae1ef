// Each way to log in that jsforce has, and the ends of sessions.
import assert from 'node:assert/strict';
import { createSign } from 'node:crypto';
import jsforce from 'jsforce';
import { check, connect, fails, org, version } from './harness.mjs';

const password = org.password + org.security_token;
const app = { loginUrl: org.url, clientId: org.client_id, clientSecret: org.client_secret };
const redirectUri = 'http://localhost:1717/OauthRedirect';

// worksFor asserts that a session is the main user's.
async function worksFor(conn, userInfo) {
  assert.equal(conn.instanceUrl, org.url);
  assert.equal(userInfo.id, org.user_id);
  assert.equal(userInfo.organizationId, org.org_id);
  const identity = await conn.identity();
  assert.equal(identity.user_id, org.user_id);
  assert.equal(identity.organization_id, org.org_id);
  assert.equal(identity.username, org.username);
  const { records } = await conn.query(`SELECT Username FROM User WHERE Id = '${org.user_id}'`);
  assert.deepEqual(records.map((r) => r.Username), [org.username]);
}

check('login by SOAP', async () => {
  const conn = new jsforce.Connection({ loginUrl: org.url, version });
  await worksFor(conn, await conn.login(org.username, password));
});

check('login by SOAP with a doubled slash and the default version', async () => {
  const conn = new jsforce.Connection({ loginUrl: `${org.url}/` });
  await worksFor(conn, await conn.login(org.username, password));
  assert.equal(conn.version, '50.0');
});

check('a wrong password is refused by SOAP', async () => {
  const conn = new jsforce.Connection({ loginUrl: org.url, version });
  await assert.rejects(conn.login(org.username, 'wrong'), /^Error: INVALID_LOGIN: Invalid username, password, security token; or user locked out\.$/);
});

check('SOAP has no login from 65.0 on', async () => {
  const conn = new jsforce.Connection({ loginUrl: org.url, version: '65.0' });
  await assert.rejects(conn.login(org.username, password));
});

check('logout by SOAP ends the session', async () => {
  const conn = new jsforce.Connection({ loginUrl: org.url, version });
  await conn.login(org.username, password);
  const { accessToken, instanceUrl } = conn;
  await conn.logout();
  const later = new jsforce.Connection({ accessToken, instanceUrl, version });
  await fails(later.query('SELECT Id FROM User'), 'INVALID_SESSION_ID');
});

check('OAuth username and password', async () => {
  const conn = new jsforce.Connection({ oauth2: app, version });
  await worksFor(conn, await conn.login(org.username, password));
});

check('wrong credentials are refused by OAuth', async () => {
  const user = new jsforce.Connection({ oauth2: app, version });
  await fails(user.login(org.username, 'wrong'), 'invalid_grant');
  const secret = new jsforce.Connection({ oauth2: { ...app, clientSecret: 'wrong' }, version });
  await fails(secret.login(org.username, password), 'invalid_client');
});

check('OAuth client credentials', async () => {
  const conn = new jsforce.Connection({ oauth2: app, version });
  await worksFor(conn, await conn.authorize({ grant_type: 'client_credentials' }));
});

check('OAuth JWT bearer', async () => {
  const conn = new jsforce.Connection({ oauth2: { loginUrl: org.url }, version });
  const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: jwt(org.url) };
  await worksFor(conn, await conn.authorize(grant));
  const wrong = { ...grant, assertion: jwt('https://elsewhere.example.com') };
  await fails(conn.authorize(wrong), 'invalid_grant');
});

function jwt(aud) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: org.client_id, sub: org.username, aud, exp: Math.floor(Date.now() / 1000) + 120 };
  const text = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(org.jwt_key, 'base64url')}`;
}

// consent is what the user's browser does. It returns what the app is told.
async function consent(oauth2) {
  let url = oauth2.getAuthorizationUrl({ scope: 'api refresh_token', state: 'a b' });
  for (let hops = 0; hops < 5 && !url.startsWith(redirectUri); hops++) {
    const answer = await fetch(url, { redirect: 'manual' });
    assert.equal(answer.status, 302, await answer.text());
    url = new URL(answer.headers.get('location'), url).href;
  }
  const told = new URL(url).searchParams;
  assert.equal(told.get('state'), 'a b');
  return told.get('code');
}

// browse logs in by the web server flow.
async function browse() {
  const oauth2 = new jsforce.OAuth2({ ...app, redirectUri, useVerifier: true });
  const conn = new jsforce.Connection({ oauth2, version });
  const code = await consent(oauth2);
  const userInfo = await conn.authorize(code);
  return { conn, oauth2, code, userInfo };
}

check('OAuth authorization code with PKCE', async () => {
  const { conn, code, userInfo } = await browse();
  await worksFor(conn, userInfo);
  assert.ok(conn.refreshToken);
  await fails(conn.authorize(code), 'invalid_grant');
});

check('a code is worth nothing without its verifier', async () => {
  const oauth2 = new jsforce.OAuth2({ ...app, redirectUri, useVerifier: true });
  const code = await consent(oauth2);
  oauth2.codeVerifier = 'x'.repeat(64);
  await fails(oauth2.requestToken(code), 'invalid_grant');
});

check('OAuth refresh token', async () => {
  const { conn } = await browse();
  const again = new jsforce.Connection({
    oauth2: app, instanceUrl: org.url, accessToken: 'expired', refreshToken: conn.refreshToken, version,
  });
  const refreshed = [];
  again.on('refresh', (token) => refreshed.push(token));
  const { records } = await again.query('SELECT Username FROM User LIMIT 1');
  assert.equal(records.length, 1);
  assert.deepEqual(refreshed, [again.accessToken]);
  await fails(again.oauth2.refreshToken('unknown'), 'invalid_grant');
});

check('a session that ended is begun anew', async () => {
  const conn = new jsforce.Connection({ oauth2: app, version });
  await conn.login(org.username, password);
  const old = conn.accessToken;
  await conn.oauth2.revokeToken(old);
  assert.equal((await conn.query('SELECT COUNT() FROM User')).totalSize >= 1, true);
  assert.notEqual(conn.accessToken, old);
});

check('logout revokes the access token', async () => {
  const conn = await connect();
  const { accessToken, instanceUrl } = conn;
  await conn.logout();
  const later = new jsforce.Connection({ accessToken, instanceUrl, version });
  await fails(later.query('SELECT Id FROM User'), 'INVALID_SESSION_ID');
});

check('logout revokes the refresh token', async () => {
  const { conn, oauth2 } = await browse();
  const { refreshToken } = conn;
  await conn.logout(true);
  await fails(oauth2.refreshToken(refreshToken), 'invalid_grant');
});

check('an unknown token cannot be revoked', async () => {
  const oauth2 = new jsforce.OAuth2(app);
  await fails(oauth2.revokeToken('unknown'), 'invalid_token');
});

check('identity of a session that came from elsewhere', async () => {
  const { accessToken } = await connect();
  const conn = new jsforce.Connection({ instanceUrl: org.url, accessToken, version });
  const identity = await conn.identity();
  assert.equal(identity.user_id, org.user_id);
  assert.equal(conn.userInfo.organizationId, org.org_id);
});
