import assert from 'node:assert/strict';
import { isCoreError, type CoreError } from '../../../src/core/common/CoreError.ts';
import type { Digest } from '../../../src/core/oci/digest.ts';
import { GhcrProvider } from '../../../src/core/providers/GhcrProvider.ts';
import { readPages } from '../../../src/core/registry/readPages.ts';
import { startGitHubContract } from '../../support/contract/gitHub.ts';
import type { GitHubContract, GitHubContractOptions } from '../../support/contract/gitHub.ts';
import { json } from '../../support/faultServer/behaviours.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { testProviderContext } from '../../support/testProviderContext.ts';
import { listAll, listAllTags } from '../../support/listAll.ts';

const TOKEN = 'ghp_canary';
const SCOPES = ['read:packages', 'write:packages', 'delete:packages', 'read:org'];

describe('GhcrProvider', () => {
  const { signal } = new AbortController();

  const start = (options: Partial<GitHubContractOptions> = {}) =>
    startGitHubContract({ token: TOKEN, scopes: SCOPES, organizations: ['acme'], ...options });

  /** `token`: the connection's own; `accountToken`: of the editor's account. */
  async function connect(
    gitHub: GitHubContract,
    options: { token?: string | null; accountToken?: string; namespace?: string } = {},
  ) {
    const { token = TOKEN, accountToken, namespace = '' } = options;
    const connection = new TestConnection(gitHub.server.origin, { endpoint: { namespacePrefix: namespace } });
    const provider = await GhcrProvider.open(
      testProviderContext(connection, {
        settings: { apiUrl: gitHub.server.origin },
        ...(token !== null && { credential: { kind: 'basic', username: 'me', password: token } }),
        ...(accountToken !== undefined && { accountToken }),
      }),
    );
    return { provider, [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose]() };
  }

  describe('repositories', () => {
    it('are those of the account and its organizations', async () => {
      await using gitHub = await start({ organizations: ['acme', 'strict'], singleSignOn: ['strict'] });
      for (const name of ['me/tool', 'acme/app', 'acme/deep/er', 'other/app']) gitHub.push(name, ['v1']);
      await using here = await connect(gitHub);
      const { items, refusals } = await here.provider.listRepositories(undefined, signal);
      assert.deepEqual(items, ['me/tool', 'acme/app', 'acme/deep/er']);
      // One that hides its packages says why, and does not hide the others'.
      assert.deepEqual(
        refusals?.map(({ details }) => [details.reason, details.subject]),
        [['ssoRequired', 'strict']],
      );
    });

    it('are those of the namespace, an organization or a user', async () => {
      await using gitHub = await start();
      for (const name of ['me/tool', 'acme/app', 'other/app']) gitHub.push(name, ['v1']);
      for (const [namespace, name] of Object.entries({ acme: 'app', me: 'tool', other: 'app' })) {
        await using here = await connect(gitHub, { namespace });
        assert.deepEqual((await here.provider.listRepositories(undefined, signal)).items, [name]);
      }
      const paths = gitHub.apiRequests().map(({ url }) => url.split('?')[0]);
      assert.ok(paths.includes('/user/packages'), 'private packages are under /user only');
      assert.ok(paths.includes('/users/other/packages'));
    });

    it('come page by page', async () => {
      await using gitHub = await start();
      for (let index = 0; index < 250; index += 1) gitHub.push(`acme/app${index}`, ['v1']);
      await using here = await connect(gitHub, { namespace: 'acme' });
      const names = new Set<string>();
      let pages = 0;
      for await (const { items } of readPages((cursor) => here.provider.listRepositories(cursor, signal))) {
        for (const name of items) names.add(name);
        pages += 1;
      }
      assert.deepEqual([names.size, pages], [250, 3]);
    });

    it('are read with the account of the editor where the connection has no token', async () => {
      await using gitHub = await start();
      gitHub.push('acme/app', ['v1']);
      await using here = await connect(gitHub, { token: null, accountToken: TOKEN });
      assert.deepEqual(
        { ...here.provider.capabilities },
        { listsRepositories: true, deletesSingleTag: 'none', reclaims: 'manual' },
      );
      assert.deepEqual((await here.provider.listRepositories(undefined, signal)).items, ['acme/app']);
    });

    it('are not listed for nobody, who is told so', async () => {
      await using gitHub = await start();
      await using here = await connect(gitHub, { token: null });
      assert.deepEqual(
        { ...here.provider.capabilities },
        { listsRepositories: false, deletesSingleTag: 'none', reclaims: 'manual' },
      );
      assert.deepEqual(await here.provider.listRepositories(undefined, signal), { items: [] });
      assert.equal(gitHub.server.requests.length, 0);
    });
  });

  describe('a refusal', () => {
    const refusalOf = async (options: Partial<GitHubContractOptions>, token = TOKEN) => {
      await using gitHub = await start(options);
      gitHub.push('acme/app', ['v1']);
      await using here = await connect(gitHub, { namespace: 'acme', token });
      const error: unknown = await here.provider.listRepositories(undefined, signal).then(
        () => assert.fail('was not refused'),
        (reason: unknown) => reason,
      );
      assert.ok(isCoreError(error));
      assert.doesNotMatch(JSON.stringify(error.details) + error.message, /canary/);
      return error;
    };

    it('names the scope that the token lacks', async () => {
      const { kind, details } = await refusalOf({ scopes: ['repo'] });
      assert.deepEqual(
        [kind, details.reason, details.missing],
        ['forbidden', 'missingScope', 'read:packages'],
      );
      assert.equal(details.registryMessage, 'You need at least read:packages scope');
    });

    it('of an organization with single sign-on says so', async () => {
      const { kind, details } = await refusalOf({ singleSignOn: ['acme'] });
      assert.deepEqual([kind, details.reason, details.subject], ['forbidden', 'ssoRequired', 'acme']);
    });

    it('of an organization that hides its packages names the organization', async () => {
      for (const status of [403, 404]) {
        await using gitHub = await start();
        gitHub.server.on('GET /orgs/acme/packages', json({ message: 'Not Found' }, status));
        gitHub.server.on('GET /users/acme/packages', json({ message: 'Not Found' }, status));
        await using here = await connect(gitHub, { namespace: 'acme' });
        await assert.rejects(
          here.provider.listRepositories(undefined, signal),
          ({ kind, details }: CoreError) =>
            kind === 'forbidden' && details.reason === 'packagesHidden' && details.subject === 'acme',
        );
      }
    });

    it('of a token says so', async () => {
      const { kind, details } = await refusalOf({}, 'ghp_wrong_canary');
      assert.deepEqual([kind, details.registryMessage], ['unauthorized', 'Bad credentials']);
    });

    it('by the rate limit says how long to wait', async () => {
      await using gitHub = await start();
      await using here = await connect(gitHub, { namespace: 'acme' });
      gitHub.server.on(
        'GET /orgs/acme/packages',
        json({ message: 'API rate limit exceeded' }, 403, {
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 600),
          'x-oauth-scopes': '',
        }),
      );
      await assert.rejects(here.provider.listRepositories(undefined, signal), (error) => {
        assert.ok(isCoreError(error, 'rateLimited'));
        assert.ok(Math.abs(error.details.retryAfterSeconds! - 600) < 5);
        return true;
      });
    });
  });

  describe('tags', () => {
    it('come a hundred versions a request with digest and time: 1,000 in ten', async () => {
      await using gitHub = await start();
      const digests = Array.from({ length: 1_000 }, (_, index) => gitHub.push('acme/app', [`v${index}`]));
      await using here = await connect(gitHub, { namespace: 'acme' });
      const first = await here.provider.listTags('app', undefined, signal);
      assert.deepEqual([first.items.length, gitHub.server.requests.length], [100, 1]);
      const tags = await listAllTags(here.provider, 'app');
      assert.equal(gitHub.server.requests.length, 1 + 10);
      assert.equal(tags.length, 1_000);
      assert.ok(tags.every(({ details }) => details?.isPartial && details.createdAt));
      assert.deepEqual([tags[0]!.name, tags[0]!.details!.digest], ['v999', digests[999]]);
    });

    it('are found behind versions that have none', async () => {
      await using gitHub = await start();
      gitHub.push('acme/app', ['v1', 'latest']);
      for (let index = 0; index < 620; index += 1) gitHub.push('acme/app', []);
      await using here = await connect(gitHub, { namespace: 'acme' });
      const page = await here.provider.listTags('app', undefined, signal);
      assert.deepEqual(
        page.items.map(({ name }) => name),
        ['v1', 'latest'],
      );
      assert.equal(page.items[0]!.details!.digest, page.items[1]!.details!.digest);
    });

    it('get type and size from the manifest, once for all tags on it, and keep their time', async () => {
      await using gitHub = await start();
      const digest = gitHub.push('acme/app', ['v1', 'latest']);
      await using here = await connect(gitHub, { namespace: 'acme' });
      const [listed] = await listAllTags(here.provider, 'app');
      const before = gitHub.server.requests.length;
      for (const tag of ['v1', 'latest', 'v1']) {
        const details = await here.provider.getTagDetails('app', tag, signal);
        assert.deepEqual([details.digest, details.kind, details.sizeInBytes], [digest, 'artifact', 2]);
        assert.deepEqual(details.createdAt, listed!.details!.createdAt);
        assert.equal(details.isPartial, undefined);
      }
      assert.equal(gitHub.server.requests.length, before + 1);
    });

    it('come from the registry where the API is not for this token, which is asked once', async () => {
      await using gitHub = await start({ scopes: ['repo'] });
      gitHub.push('acme/app', ['v1', 'v2']);
      await using here = await connect(gitHub, { namespace: 'acme' });
      for (let times = 0; times < 2; times += 1) {
        assert.deepEqual(await here.provider.listTags('app', undefined, signal), {
          items: [{ name: 'v1' }, { name: 'v2' }],
        });
      }
      assert.equal(gitHub.apiRequests().length, 1);
    });

    it('come from the registry for nobody', async () => {
      await using gitHub = await start();
      gitHub.push('acme/app', ['v1']);
      await using here = await connect(gitHub, { token: null, namespace: 'acme' });
      assert.deepEqual((await here.provider.listTags('app', undefined, signal)).items, [{ name: 'v1' }]);
      assert.equal(gitHub.apiRequests().length, 0);
    });

    it('of a package that is not there are not found', async () => {
      await using gitHub = await start();
      await using here = await connect(gitHub, { namespace: 'acme' });
      await assert.rejects(here.provider.listTags('gone', undefined, signal), (error) =>
        isCoreError(error, 'notFound'),
      );
    });
  });

  describe('deleting a tag', () => {
    /** `v1` and `latest` on one version, `v2` on another. */
    const seeded = async (options: Partial<GitHubContractOptions> = {}) => {
      const gitHub = await start(options);
      const digest = gitHub.push('acme/app', ['v1', 'latest']);
      gitHub.push('acme/app', ['v2']);
      return { gitHub, digest, [Symbol.asyncDispose]: () => gitHub[Symbol.asyncDispose]() };
    };

    it('leaves its siblings, its content and no placeholder', async () => {
      await using at = await seeded();
      const before = { tags: at.gitHub.tagsOf('acme/app'), digests: at.gitHub.digestsOf('acme/app') };
      await using here = await connect(at.gitHub, { namespace: 'acme' });
      assert.equal(here.provider.capabilities.deletesSingleTag, 'native');
      await here.provider.deleteTag('app', 'latest', signal);
      assert.deepEqual(at.gitHub.tagsOf('acme/app'), { v1: at.digest, v2: before.tags['v2'] });
      assert.deepEqual(at.gitHub.digestsOf('acme/app'), before.digests);
    });

    it('waits until GitHub knows the version', async () => {
      await using at = await seeded({ versionsLag: 2 });
      await using here = await connect(at.gitHub, { namespace: 'acme' });
      await here.provider.deleteTag('app', 'latest', signal);
      assert.deepEqual(Object.keys(at.gitHub.tagsOf('acme/app')).sort(), ['v1', 'v2']);
    });

    const failing = async (options: Partial<GitHubContractOptions>) => {
      await using at = await seeded(options);
      const before = at.gitHub.tagsOf('acme/app');
      await using here = await connect(at.gitHub, { namespace: 'acme' });
      const error: unknown = await here.provider.deleteTag('app', 'latest', signal).then(
        () => assert.fail('was deleted'),
        (reason: unknown) => reason,
      );
      assert.deepEqual(at.gitHub.tagsOf('acme/app'), before, 'the tag is where it was');
      assert.ok(isCoreError(error));
      const puts = at.gitHub.server.requests.filter(({ method }) => method === 'PUT');
      return { error, hasWritten: puts.length > 0 };
    };

    it('without the scope for it changes nothing and names the scope', async () => {
      const { error, hasWritten } = await failing({ scopes: ['read:packages', 'write:packages'] });
      const { kind, details } = error;
      assert.deepEqual(
        [kind, details.reason, details.missing],
        ['forbidden', 'missingScope', 'delete:packages'],
      );
      assert.equal(hasWritten, false);
    });

    it('that GitHub hides from this account puts the tag back', async () => {
      const { error } = await failing({ hidesDeletion: true });
      assert.equal(error.kind, 'forbidden');
    });

    it('that GitHub refuses by its rules puts the tag back and says what GitHub said', async () => {
      const { error } = await failing({ keepsVersions: true });
      assert.deepEqual([error.kind, error.details.reason], ['unsupported', 'versionKept']);
      assert.match(error.details.registryMessage ?? '', /5000 downloads/);
    });

    it('is refused for the last one, before anything is changed', async () => {
      await using gitHub = await start();
      gitHub.push('acme/app', ['only']);
      await using here = await connect(gitHub, { namespace: 'acme' });
      await assert.rejects(
        here.provider.deleteTag('app', 'only', signal),
        (error) => isCoreError(error, 'unsupported') && error.details.reason === 'lastTaggedVersion',
      );
      assert.ok(gitHub.server.requests.every(({ method }) => method === 'GET'));
    });
  });

  describe('versions without a tag', () => {
    const seeded = async (options: Partial<GitHubContractOptions> = {}) => {
      const gitHub = await start(options);
      const bare = Array.from({ length: 120 }, () => gitHub.push('acme/app', []));
      const tagged = gitHub.push('acme/app', ['v1']);
      const here = await connect(gitHub, { namespace: 'acme' });
      return {
        gitHub,
        bare: bare.toReversed() as Digest[],
        tagged: tagged as Digest,
        provider: here.provider,
        [Symbol.asyncDispose]: async () => {
          await here[Symbol.asyncDispose]();
          await gitHub[Symbol.asyncDispose]();
        },
      };
    };

    it('are listed a hundred versions a request, with their time', async () => {
      await using at = await seeded();
      const listed = await listAll((cursor) => at.provider.listUntagged('app', cursor, signal));
      assert.ok(listed.every(({ createdAt }) => createdAt));
      assert.deepEqual(
        listed.map(({ digest }) => digest),
        at.bare,
      );
    });

    it('are deleted wherever they are in the list, and are done when they are gone', async () => {
      await using at = await seeded();
      const last = at.bare.at(-1)!;
      await at.provider.deleteUntagged('app', last, signal);
      assert.ok(!at.gitHub.digestsOf('acme/app').includes(last));
      assert.equal(at.gitHub.digestsOf('acme/app').length, 120);
      await at.provider.deleteUntagged('app', last, signal);
    });

    it('stay when they have got a tag since', async () => {
      await using at = await seeded();
      await assert.rejects(
        at.provider.deleteUntagged('app', at.tagged, signal),
        (error) => isCoreError(error, 'conflict') && error.details.reason === 'tagMoved',
      );
      assert.deepEqual(at.gitHub.tagsOf('acme/app'), { v1: at.tagged });
    });

    it('stay when the token has not the scope, which is named', async () => {
      await using at = await seeded({ scopes: ['read:packages', 'read:org'] });
      await assert.rejects(at.provider.deleteUntagged('app', at.bare[0]!, signal), (error) => {
        assert.ok(isCoreError(error, 'forbidden'));
        assert.equal(error.details.missing, 'delete:packages');
        return true;
      });
    });
  });

  it('knows the web page of a package, and an address that leads there before it was listed', async () => {
    await using gitHub = await start();
    gitHub.push('acme/deep/er', ['v1']);
    await using here = await connect(gitHub);
    assert.equal(
      here.provider.webUrl('acme/deep/er'),
      `https://${new URL(gitHub.server.origin).host}/acme/deep/er`,
    );
    await here.provider.listTags('acme/deep/er', undefined, signal);
    assert.equal(
      here.provider.webUrl('acme/deep/er'),
      'https://github.com/orgs/acme/packages/container/package/deep%2Fer',
    );
  });
});
