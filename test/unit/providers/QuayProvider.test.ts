import assert from 'node:assert/strict';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import type { Credential } from '../../../src/core/credentials/CredentialStore.ts';
import { detectProviderKind } from '../../../src/core/providers/index.ts';
import { QuayProvider } from '../../../src/core/providers/QuayProvider.ts';
import { createEndpoint } from '../../../src/core/registry/parseRegistryUrl.ts';
import { quayTag, startQuayContract } from '../../support/contract/quay.ts';
import type { QuayContractOptions } from '../../support/contract/quay.ts';
import { kindWhenMet } from '../../support/kindWhenMet.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { testProviderContext } from '../../support/testProviderContext.ts';
import { listAll } from '../../support/listAll.ts';

const USER = { token: 'canary', username: 'me', organizations: ['acme'] };
const TOKEN: Credential = { kind: 'basic', username: '$oauthtoken', password: 'canary' };
const ROBOT: Credential = { kind: 'basic', username: 'acme+ci', password: 'robot' };

describe('QuayProvider', () => {
  const { signal } = new AbortController();

  async function connect(
    options: QuayContractOptions,
    { credential, path = '' }: { credential?: Credential; path?: string } = {},
  ) {
    const quay = await startQuayContract({ user: USER, robot: 'acme+ci:robot', ...options });
    const connection = new TestConnection(`${quay.origin}${path}`, credential ? { credential } : {});
    const provider = new QuayProvider(testProviderContext(connection, credential ? { credential } : {}));
    return {
      quay,
      provider,
      [Symbol.asyncDispose]: async () => {
        await connection[Symbol.asyncDispose]();
        await quay[Symbol.asyncDispose]();
      },
    };
  }

  it('shows 1,000 tags with size and date in 10 requests, and their details in none', async () => {
    const tags = Array.from({ length: 1000 }, (_, index) => quayTag(`v${index}`));
    await using at = await connect({ repositories: { 'acme/app': tags } }, { credential: TOKEN });
    const items = await listAll((cursor) => at.provider.listTags('acme/app', cursor, signal));
    assert.equal(items.length, 1000);
    for (const { name, details } of items) {
      assert.ok(details?.sizeInBytes === 4321 && details.createdAt instanceof Date && !details.isPartial);
      assert.equal(await at.provider.getTagDetails('acme/app', name, signal), details);
    }
    assert.equal(at.quay.requests.length, 10);
  });

  it('leaves out tags of the past, and calls a size that is not told unknown', async () => {
    const repositories = {
      'acme/app': [
        quayTag('list', { is_manifest_list: true, size: null }),
        quayTag('old', { end_ts: 1_767_323_046 }),
        quayTag('broken', { manifest_digest: 'nonsense' }),
      ],
    };
    await using at = await connect({ repositories }, { credential: TOKEN });
    const { items } = await at.provider.listTags('acme/app', undefined, signal);
    assert.deepEqual(
      items.map(({ name, details }) => [name, details?.kind, details?.sizeInBytes, details?.isPartial]),
      [['list', 'index', undefined, true]],
    );
    assert.deepEqual(items[0]?.details?.createdAt, new Date('2026-01-02T03:04:05Z'));
  });

  it('lists the repositories of the account and its organizations, page by page', async () => {
    const many = Array.from({ length: 120 }, (_, index) => `acme/r${index}`);
    const repositories = Object.fromEntries(['me/own', ...many, 'other/secret'].map((name) => [name, []]));
    await using at = await connect({ repositories }, { credential: TOKEN });
    const names = await listAll((cursor) => at.provider.listRepositories(cursor, signal));
    assert.deepEqual(names, ['me/own', ...many]);
    await using one = await connect({ repositories }, { credential: TOKEN, path: '/acme' });
    const own = await listAll((cursor) => one.provider.listRepositories(cursor, signal));
    assert.deepEqual(
      own,
      many.map((name) => name.slice('acme/'.length)),
    );
  });

  it('shows public repositories of a namespace to everybody', async () => {
    const repositories = { 'acme/open': [quayTag('1')], 'acme/closed': [] };
    await using at = await connect({ repositories, publicRepositories: ['acme/open'] }, { path: '/acme' });
    assert.deepEqual((await at.provider.listRepositories(undefined, signal)).items, ['open']);
    const { items } = await at.provider.listTags('open', undefined, signal);
    assert.equal(items[0]?.details?.sizeInBytes, 4321);
  });

  it('lists what a robot sees by the registry, and sends its password nowhere else', async () => {
    const repositories = { 'acme/app': [quayTag('1'), quayTag('2')] };
    await using at = await connect({ repositories }, { credential: ROBOT });
    assert.deepEqual((await at.provider.listRepositories(undefined, signal)).items, ['acme/app']);
    await at.provider.listTags('acme/app', undefined, signal);
    const asked = at.quay.requests.filter(({ url }) => url.startsWith('/api/')).length;
    const { items } = await at.provider.listTags('acme/app', undefined, signal);
    assert.deepEqual(items, [{ name: '1' }, { name: '2' }]);
    const toApi = at.quay.requests.filter(({ url }) => url.startsWith('/api/'));
    assert.equal(toApi.length, asked);
    assert.ok(toApi.every(({ headers }) => headers.authorization === undefined));
  });

  it('names the scope a token lacks, and says that a token is refused', async () => {
    const repositories = { 'acme/app': [quayTag('1')] };
    await using narrow = await connect({ repositories, scopes: ['user:read'] }, { credential: TOKEN });
    const error = await narrow.provider
      .listTags('acme/app', undefined, signal)
      .catch((cause: unknown) => cause);
    assert.ok(isCoreError(error, 'forbidden'));
    assert.deepEqual([error.details.reason, error.details.missing], ['missingScope', 'repo:read']);
    await using wrong = await connect({ repositories }, { credential: { kind: 'bearer', token: 'expired' } });
    await assert.rejects(wrong.provider.listTags('acme/app', undefined, signal), (cause) =>
      isCoreError(cause, 'unauthorized'),
    );
  });

  it('is found by its address or by where it sends for tokens, and knows its web pages', async () => {
    assert.equal(detectProviderKind(createEndpoint('quay.io/acme', 'namespace')), 'quay');
    await using at = await connect({ repositories: {} }, { path: '/acme' });
    assert.equal(await kindWhenMet(at.quay.origin, signal), 'quay');
    const page = `${at.quay.origin}/repository/acme/app?tab=tags`;
    assert.equal(at.provider.webUrl('app'), page);
    assert.equal(at.provider.webUrl('app', '1.0'), `${page}&tag=1.0`);
  });
});
