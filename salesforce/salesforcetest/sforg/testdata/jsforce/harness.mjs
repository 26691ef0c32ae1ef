// Runs checks one after the other and prints a line of JSON for each, which
// jsforce_test.go reads: {"name": ..., "milliseconds": ...} and, when the check
// failed, "error".
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import jsforce from 'jsforce';

// What sforg printed when it started: url, username, password, security_token,
// client_id, client_secret, org_id, user_id; and jwt_key, a private key.
export const org = JSON.parse(process.env.SFORG);

export const version = '60.0';

const checks = [];

// check declares a check. Its name is a sentence about the org.
export function check(name, run) {
  checks.push({ name, run });
}

export async function runChecks() {
  let failed = false;
  for (const { name, run } of checks) {
    const start = performance.now();
    let error;
    try {
      await run();
    } catch (err) {
      error = told(err);
      failed = true;
    }
    const milliseconds = Math.round(performance.now() - start);
    console.log(JSON.stringify({ name, milliseconds, error }));
  }
  process.exitCode = failed ? 1 : 0;
}

// told is an error with the lines of its stack that are ours.
function told(err) {
  const theirs = /^ +at .*(node:|node_modules|harness\.mjs|all\.mjs)/;
  return (err?.stack ?? String(err)).split('\n').filter((line) => !theirs.test(line)).join('\n');
}

// connect logs in as the client credentials of the org's app.
export async function connect(options = {}) {
  const conn = new jsforce.Connection({
    version,
    oauth2: { loginUrl: org.url, clientId: org.client_id, clientSecret: org.client_secret },
    ...options,
  });
  await conn.authorize({ grant_type: 'client_credentials' });
  conn.bulk.pollInterval = 20;
  conn.bulk2.pollInterval = 20;
  return conn;
}

// fails asserts that a promise is rejected with the error code, and returns
// the error.
export async function fails(promise, code) {
  let outcome;
  try {
    outcome = await promise;
  } catch (err) {
    assert.equal(err.errorCode ?? err.name, code, err.stack);
    return err;
  }
  assert.fail(`no ${code} but ${JSON.stringify(outcome)}`);
}

// accounts returns n records, named after a prefix: "Acme 1" and so on.
export function accounts(prefix, n, more = {}) {
  return Array.from({ length: n }, (_, i) => ({ Name: `${prefix} ${i + 1}`, ...more }));
}

// collect gathers the records of a stream.
export function collect(stream) {
  return new Promise((resolve, reject) => {
    const records = [];
    stream.on('record', (record) => records.push(record));
    stream.on('end', () => resolve(records));
    stream.on('error', reject);
  });
}
