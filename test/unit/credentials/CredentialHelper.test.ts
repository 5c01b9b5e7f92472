import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { CoreError } from '../../../src/core/common/CoreError.ts';
import { CredentialHelper } from '../../../src/core/credentials/CredentialHelper.ts';
import { helperFor, noCancel, TemporaryHome } from './temporaryHome.ts';

const SECRET = 'c4n4ry-S3cret';

describe('CredentialHelper', () => {
  let home: TemporaryHome;
  beforeEach(async () => {
    home = await TemporaryHome.create();
  });
  afterEach(() => home.remove());

  const helper = (name: string, timeoutMs?: number) =>
    new CredentialHelper(name, home.environment, timeoutMs);

  async function failureOf(work: Promise<unknown>): Promise<CoreError> {
    const error: unknown = await work.then(
      () => assert.fail('it succeeded'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof CoreError, inspect(error));
    assert.ok(!inspect(error, { depth: 5 }).includes(SECRET), 'the secret is in the error');
    return error;
  }

  const isAlive = (pid: number) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };

  async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
    const deadline = AbortSignal.timeout(10_000);
    while (!(await condition())) await delay(10, undefined, { signal: deadline });
  }

  const pidIn = async (file: string) => Number(await readFile(home.path(file), 'utf8').catch(() => ''));

  it('asks for the server on stdin and reads user name and secret', async () => {
    await home.addHelper('good', helperFor('x.io:5000', 'ada', SECRET));
    assert.deepEqual(await helper('good').get('x.io:5000', noCancel()), {
      kind: 'basic',
      username: 'ada',
      password: SECRET,
    });
    assert.equal(await readFile(home.path('asked'), 'utf8'), 'get x.io:5000\n');
  });

  it('takes the user name <token> for an identity token', async () => {
    await home.addHelper('good', helperFor('x.io', '<token>', SECRET));
    assert.deepEqual(await helper('good').get('x.io', noCancel()), { kind: 'identityToken', token: SECRET });
  });

  it('takes "not found" and empty secrets for no credentials', async () => {
    await home.addHelper('good', helperFor('x.io', 'ada', SECRET));
    assert.equal(await helper('good').get('y.io', noCancel()), undefined);
    await home.addHelper('hollow', `printf '{"ServerURL":"","Username":"","Secret":""}'`);
    assert.equal(await helper('hollow').get('y.io', noCancel()), undefined);
  });

  it('refuses an answer for another registry', async () => {
    await home.addHelper('mixed', `printf '{"ServerURL":"other.io","Username":"ada","Secret":"${SECRET}"}'`);
    const error = await failureOf(helper('mixed').get('x.io', noCancel()));
    assert.deepEqual([error.kind, error.details.reason], ['credentialHelper', 'otherServer']);
    await home.addHelper('url', `printf '{"ServerURL":"https://X.io/v1/","Username":"ada","Secret":"s"}'`);
    assert.equal((await helper('url').get('x.io', noCancel()))?.kind, 'basic');
  });

  it('reports garbage without repeating it', async () => {
    for (const output of [
      SECRET,
      `{"Username":"ada","Secret":"${SECRET}"`,
      `["${SECRET}"]`,
      `{"Secret":"${SECRET}"}`,
      '',
    ]) {
      await home.addHelper('garbage', `printf '%s' '${output}'`);
      const error = await failureOf(helper('garbage').get('x.io', noCancel()));
      assert.deepEqual(
        [error.kind, error.details.reason, error.details.subject],
        ['credentialHelper', 'garbage', 'docker-credential-garbage'],
      );
    }
  });

  it('reports a failure with its code and stderr, never with its stdout', async () => {
    await home.addHelper(
      'broken',
      `echo ${SECRET}; echo "keychain is locked, password=${SECRET}" >&2; exit 3`,
    );
    const error = await failureOf(helper('broken').get('x.io', noCancel()));
    assert.deepEqual([error.details.reason, error.details.exitCode], ['failed', 3]);
    assert.match(error.details.output ?? '', /^keychain is locked/);
  });

  it('reports a helper that is missing or cannot be started', async () => {
    const missing = await failureOf(helper('absent').get('x.io', noCancel()));
    assert.deepEqual(
      [missing.kind, missing.details.reason, missing.details.code],
      ['credentialHelper', 'helperMissing', 'ENOENT'],
    );
    await home.write('bin/docker-credential-plain', 'no program');
    const plain = await failureOf(helper('plain').get('x.io', noCancel()));
    assert.equal(plain.details.reason, 'notExecutable');
  });

  it('refuses names that are more than the end of a file name', () => {
    for (const name of ['', '../evil', 'a/b', 'a b', 'a;b', 'a\nb', '$(id)', 'ü']) {
      assert.throws(
        () => helper(name),
        (error) => error instanceof CoreError && error.details.reason === 'badName',
        name,
      );
    }
  });

  it('ends a helper that hangs, and what it started, at the deadline', async () => {
    await home.addHelper('hang', 'sleep 600 & echo $! > "$HOME/child"; echo $$ > "$HOME/self"; wait');
    const asked = failureOf(helper('hang', 3000).get('x.io', noCancel()));
    const error = await asked;
    assert.deepEqual([error.kind, error.details.reason], ['credentialHelper', 'timeout']);
    const pids = [await pidIn('self'), await pidIn('child')];
    assert.ok(
      pids.every((pid) => pid > 0),
      'the helper was too slow to start',
    );
    await until(() => pids.every((pid) => !isAlive(pid)));
  });

  it('ends the helper and its children when cancelled', async () => {
    await home.addHelper('hang', 'sleep 600 & echo $! > "$HOME/child"; wait');
    const controller = new AbortController();
    const asked = failureOf(helper('hang').get('x.io', controller.signal));
    await until(async () => (await pidIn('child')) > 0);
    controller.abort();
    assert.equal((await asked).kind, 'cancelled');
    const child = await pidIn('child');
    await until(() => !isAlive(child));
  });

  it('starts nothing when cancelled before', async () => {
    await home.addHelper('good', helperFor('x.io', 'ada', SECRET));
    assert.equal((await failureOf(helper('good').get('x.io', AbortSignal.abort()))).kind, 'cancelled');
    await assert.rejects(readFile(home.path('asked')));
  });

  it('answers although a child of the helper keeps its output open', async () => {
    await home.addHelper(
      'daemon',
      `sleep 600 & echo $! > "$HOME/child"; ${helperFor('x.io', 'ada', SECRET)}`,
    );
    const credential = await helper('daemon').get('x.io', noCancel());
    assert.equal(credential?.kind, 'basic');
    process.kill(await pidIn('child'));
  });

  it('ends a helper that prints without end', async () => {
    await home.addHelper('flood', 'echo $$ > "$HOME/self"; exec yes');
    const error = await failureOf(helper('flood').get('x.io', noCancel()));
    assert.equal(error.details.reason, 'tooMuchOutput');
    const pid = await pidIn('self');
    await until(() => !isAlive(pid));
  });

  it('takes an answer of a helper that never reads', async () => {
    await home.addHelper('deaf', `exec <&-; printf '{"Username":"ada","Secret":"s"}'`);
    assert.equal((await helper('deaf').get('x'.repeat(200_000), noCancel()))?.kind, 'basic');
  });

  it('stores, lists and erases', async () => {
    await home.addHelper(
      'keep',
      `case "$1" in
        store|erase) cat > "$HOME/$1" ;;
        list) printf '{"x.io":"ada","https://index.docker.io/v1/":"bob"}' ;;
      esac`,
    );
    await helper('keep').store('x.io', 'ada', SECRET, noCancel());
    await helper('keep').erase('x.io', noCancel());
    assert.deepEqual(JSON.parse(await readFile(home.path('store'), 'utf8')), {
      ServerURL: 'x.io',
      Username: 'ada',
      Secret: SECRET,
    });
    assert.equal(await readFile(home.path('erase'), 'utf8'), 'x.io');
    assert.deepEqual(
      [...(await helper('keep').list(noCancel()))],
      [
        ['x.io', 'ada'],
        ['https://index.docker.io/v1/', 'bob'],
      ],
    );
  });

  it('hides the secret when storing fails, though the helper repeats it', async () => {
    await home.addHelper('parrot', 'cat >&2; exit 1');
    const error = await failureOf(helper('parrot').store('x.io', 'ada', SECRET, noCancel()));
    assert.equal(error.details.reason, 'failed');
  });

  it('erases what is not there without complaint', async () => {
    await home.addHelper('good', helperFor('x.io', 'ada', SECRET));
    await helper('good').erase('y.io', noCancel());
  });
});
