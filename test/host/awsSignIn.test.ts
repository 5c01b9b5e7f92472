/** What happens around a docker push to Amazon ECR when docker is not logged in. */
import * as assert from 'node:assert/strict';
import { DockerSignIn } from '../../src/commands/images/DockerSignIn.ts';
import type { Services } from '../../src/commands/Services.ts';
import { CoreError } from '../../src/core/common/CoreError.ts';
import type { Credential } from '../../src/core/credentials/CredentialStore.ts';
import type { LoginOptions } from '../../src/core/docker/commands/loginCommand.ts';
import type { Connection } from '../../src/platform/Connection.ts';

const HOST = '111122223333.dkr.ecr.eu-west-1.amazonaws.com';
const TOKEN: Credential = { kind: 'basic', username: 'AWS', password: 'canary-token' };

describe('Docker and a connection that signs in with AWS', () => {
  function createSignIn(
    auth: Connection['auth'],
    logins: LoginOptions[],
    credential: Credential = TOKEN,
  ): DockerSignIn {
    const connection = { id: HOST, url: `https://${HOST}/team`, name: 'ecr', auth, repositories: [] };
    return new DockerSignIn({
      docker: { login: async (options: LoginOptions) => void logins.push(options) },
      settings: { connections: () => [connection] },
      credentials: () => ({
        get: ({ key }: { key: string }) => Promise.resolve(key === HOST ? credential : undefined),
      }),
      sessions: { reset: () => undefined },
      answers: {},
      activity: { entryOf: () => undefined },
    } as unknown as Services);
  }

  it('gives docker a fresh token once, unasked, and tries again', async () => {
    const logins: LoginOptions[] = [];
    let pushes = 0;
    const result = await createSignIn('aws', logins).retrying(HOST, async () => {
      pushes += 1;
      if (pushes === 1) throw new CoreError('unauthorized', 'no basic auth credentials');
      return 'pushed';
    });
    assert.equal(result, 'pushed');
    assert.equal(pushes, 2);
    assert.deepEqual(logins, [{ registry: HOST, username: 'AWS', password: 'canary-token' }]);
  });

  it('gives docker the identity token of a Microsoft account as a password', async () => {
    const logins: LoginOptions[] = [];
    const username = '00000000-0000-0000-0000-000000000000';
    const credential: Credential = { kind: 'identityToken', username, token: 'canary-token' };
    let pushes = 0;
    await createSignIn('microsoft', logins, credential).retrying(HOST, async () => {
      pushes += 1;
      if (pushes === 1) throw new CoreError('unauthorized', 'no basic auth credentials');
    });
    assert.deepEqual(logins, [{ registry: HOST, username, password: 'canary-token' }]);
  });

  it('leaves other failures alone', async () => {
    const logins: LoginOptions[] = [];
    const push = createSignIn('aws', logins).retrying(HOST, () =>
      Promise.reject(new CoreError('notFound', 'name unknown', { reason: 'repositoryUnknown' })),
    );
    await assert.rejects(push, (error) => error instanceof CoreError && error.kind === 'notFound');
    assert.deepEqual(logins, []);
  });
});
