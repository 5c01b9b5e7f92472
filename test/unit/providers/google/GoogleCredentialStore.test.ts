import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { isCoreError } from '../../../../src/core/common/CoreError.ts';
import { GoogleCredentialStore } from '../../../../src/core/providers/google/GoogleCredentialStore.ts';
import { json, reset } from '../../../support/faultServer/behaviours.ts';
import { FaultServer } from '../../../support/faultServer/FaultServer.ts';

/** Shapes: https://developers.google.com/identity/protocols/oauth2/web-server#offline, RFC 6749 section 5.2. */
const giving = (token: string, seconds: number) =>
  json({ access_token: token, expires_in: seconds, token_type: 'Bearer' });
const SECRET = 'canary-refresh-token';

describe('GoogleCredentialStore', () => {
  const { signal } = new AbortController();
  const saved = { ...process.env };
  let home: string;
  let server: FaultServer;
  let store: GoogleCredentialStore;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'berth-google-'));
    server = await FaultServer.start();
    // Google's token server cannot be reached from a test; everything it would be sent goes to ours.
    store = new GoogleCredentialStore((url, init) =>
      fetch(server.origin + new URL(url instanceof Request ? url.url : url).pathname, init),
    );
    process.env['HOME'] = home;
    process.env['CLOUDSDK_CONFIG'] = home;
    process.env['METADATA_SERVER_DETECTION'] = 'none';
    delete process.env['GOOGLE_APPLICATION_CREDENTIALS'];
  });

  afterEach(async () => {
    process.env = { ...saved };
    await server[Symbol.asyncDispose]();
    await rm(home, { recursive: true });
  });

  const signInAs = async (credentials: object, file = 'application_default_credentials.json') => {
    await writeFile(join(home, file), JSON.stringify(credentials));
    return join(home, file);
  };
  const person = { type: 'authorized_user', client_id: 'id', client_secret: 'shh', refresh_token: SECRET };
  const reasonOf = async (key = 'gcr.io') => {
    try {
      await store.get({ key }, signal);
    } catch (error) {
      assert.ok(isCoreError(error, 'unauthorized'), inspect(error));
      assert.ok(!inspect(error, { depth: 10 }).includes(SECRET), 'the refresh token is in the error');
      return error.details.reason;
    }
    return 'signed in';
  };

  it('makes a token of what gcloud auth application-default login left', async () => {
    await signInAs(person);
    server.on('POST /token', giving('ya29.one', 3600));
    const before = Date.now();
    const credential = await store.get({ key: 'europe-west1-docker.pkg.dev' }, signal);
    assert.ok(credential?.kind === 'basic');
    assert.deepEqual([credential.username, credential.password], ['oauth2accesstoken', 'ya29.one']);
    const minutes = (credential.renewAt!.getTime() - before) / 60_000;
    assert.ok(minutes > 50 && minutes < 60, `renewed after ${minutes} minutes`);
    const body = new URLSearchParams(server.requests[0]!.body.toString());
    assert.deepEqual([body.get('grant_type'), body.get('refresh_token')], ['refresh_token', SECRET]);
  });

  it('asks once however many wait, and again only when the token is about to end', async () => {
    await signInAs(person);
    server.on('POST /token', giving('ya29.short', 30), giving('ya29.long', 3600));
    const ask = () => store.get({ key: 'gcr.io' }, signal);
    await Promise.all([ask(), ask(), ask()]);
    assert.equal(server.requests.length, 1);
    await ask();
    await ask();
    assert.equal(server.requests.length, 2);
  });

  it('makes another token when the one it gave is refused', async () => {
    await signInAs(person);
    server.on('POST /token', giving('ya29.one', 3600), giving('ya29.two', 3600));
    const refused = await store.get({ key: 'gcr.io' }, signal);
    const request = { key: 'gcr.io', ...(refused && { refused }) };
    const [first, second] = await Promise.all([store.get(request, signal), store.get(request, signal)]);
    assert.equal(first, second);
    assert.equal(first?.kind === 'basic' && first.password, 'ya29.two');
    assert.equal(server.requests.length, 2);
  });

  it('keeps the token from hosts that are not Google’s', async () => {
    await signInAs(person);
    for (const key of ['registry.example.com', 'gcr.io.example', 'localhost:5000', 'gcr.io:8443']) {
      assert.equal(await store.get({ key }, signal), undefined, key);
    }
    assert.equal(server.requests.length, 0);
  });

  it('says that there are no application-default credentials, or none that can be read', async () => {
    assert.equal(await reasonOf(), 'noApplicationDefaultCredentials');
    process.env['GOOGLE_APPLICATION_CREDENTIALS'] = join(home, 'no-such-key.json');
    assert.equal(await reasonOf(), 'noApplicationDefaultCredentials');
    process.env['GOOGLE_APPLICATION_CREDENTIALS'] = await signInAs({ type: 'person' }, 'odd.json');
    assert.equal(await reasonOf(), 'noApplicationDefaultCredentials');
  });

  it('finds credentials that were made meanwhile', async () => {
    assert.equal(await reasonOf(), 'noApplicationDefaultCredentials');
    await signInAs(person);
    server.on('POST /token', giving('ya29.one', 3600));
    assert.equal(await reasonOf(), 'signed in');
  });

  it('says that Google no longer takes them', async () => {
    await signInAs(person);
    const body = { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' };
    server.on('POST /token', json(body, 400));
    assert.equal(await reasonOf(), 'googleCredentialsRefused');
  });

  it('tells a network that fails from credentials that do', async () => {
    await signInAs(person);
    server.on('POST /token', reset);
    await assert.rejects(store.get({ key: 'gcr.io' }, signal), (error) =>
      isCoreError(error, 'connectionReset'),
    );
  });
});
