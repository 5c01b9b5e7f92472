import assert from 'node:assert/strict';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import type { Credential } from '../../../src/core/credentials/CredentialStore.ts';
import { digestOf } from '../../../src/core/oci/digest.ts';
import { EcrPublicProvider } from '../../../src/core/providers/EcrPublicProvider.ts';
import { TWO_PROFILES, useAwsHome } from '../../support/awsHome.ts';
import { startEcrContract, type EcrContract } from '../../support/contract/ecr.ts';
import { json } from '../../support/faultServer/behaviours.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { testProviderContext } from '../../support/testProviderContext.ts';

const AWS: Credential = { kind: 'basic', username: 'AWS', password: 'canary-token' };
const INDEX = 'application/vnd.oci.image.index.v1+json';

describe('EcrPublicProvider', () => {
  const { signal } = new AbortController();
  const keys = { AKIADEFAULT: [] };
  const images = Array.from({ length: 1_000 }, (_, index) => ({
    imageDigest: digestOf(Buffer.from(String(index))),
    imageTags: [`v${index}`],
    imageSizeInBytes: index,
    imagePushedAt: 1_770_000_000,
    imageManifestMediaType: INDEX,
  }));
  let home: AsyncDisposable;

  beforeEach(async () => {
    home = await useAwsHome({ credentials: TWO_PROFILES });
  });

  afterEach(() => home[Symbol.asyncDispose]());

  function open(ecr: EcrContract, options: { credential?: Credential; namespacePrefix?: string } = {}) {
    const { credential, namespacePrefix = '' } = options;
    const connection = new TestConnection(ecr.server.origin, { endpoint: { namespacePrefix } });
    const provider = new EcrPublicProvider(
      testProviderContext(connection, {
        settings: { apiUrl: ecr.server.origin, profile: '' },
        ...(credential && { credential }),
      }),
    );
    return { provider, [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose]() };
  }

  it('lists one’s own repositories with the alias before them, or below it', async () => {
    await using ecr = await startEcrContract({ keys });
    await using all = open(ecr, { credential: AWS });
    const { items } = await all.provider.listRepositories(undefined, signal);
    assert.deepEqual(items, ['acme/other/app', 'acme/team/app', 'acme/team/empty']);
    await using below = open(ecr, { credential: AWS, namespacePrefix: 'acme/team' });
    assert.deepEqual((await below.provider.listRepositories(undefined, signal)).items, ['app', 'empty']);
  });

  it('shows 1,000 tags with digest, size and date in two requests', async () => {
    await using ecr = await startEcrContract({ keys, images });
    await using opened = open(ecr, { credential: AWS });
    const { items } = await opened.provider.listTags('acme/team/app', undefined, signal);
    assert.equal(items.length, 1_000);
    assert.deepEqual(items[3]?.details, {
      digest: images[3]!.imageDigest,
      mediaType: INDEX,
      kind: 'index',
      sizeInBytes: 3,
      createdAt: new Date(1_770_000_000_000),
    });
    assert.deepEqual(ecr.calls(), ['DescribeRegistries', 'DescribeImageTags']);
  });

  it('deletes a tag and creates a repository of one’s own', async () => {
    await using ecr = await startEcrContract({ keys, images: images.slice(0, 2) });
    await using opened = open(ecr, { credential: AWS });
    const { provider } = opened;
    await provider.deleteTag('acme/team/app', 'v0', signal);
    const { items } = await provider.listTags('acme/team/app', undefined, signal);
    assert.deepEqual(
      items.map(({ name }) => name),
      ['v1'],
    );
    await provider.createRepository('acme/new', signal);
    assert.ok((await provider.listRepositories(undefined, signal)).items.includes('acme/new'));
    await assert.rejects(provider.deleteTag('nginx/nginx', 'v0', signal), (error) =>
      isCoreError(error, 'forbidden'),
    );
  });

  it('reads what is of others, and everything where nobody signed in to AWS, from the registry', async () => {
    await using ecr = await startEcrContract({ keys });
    ecr.server.on('GET /v2/nginx/nginx/tags/list', json({ name: 'nginx/nginx', tags: ['1.27'] }));
    for (const credential of [AWS, undefined]) {
      await using opened = open(ecr, credential && { credential });
      const { items } = await opened.provider.listTags('nginx/nginx', undefined, signal);
      assert.deepEqual(items, [{ name: '1.27' }]);
    }
    assert.equal(ecr.server.requestsFor('/').length, 1);
  });

  it('asks for pinned repositories where nobody signed in to AWS', async () => {
    await using ecr = await startEcrContract({ keys });
    await using opened = open(ecr);
    await assert.rejects(
      opened.provider.listRepositories(undefined, signal),
      (error) => isCoreError(error, 'unsupported') && error.details.reason === 'noCatalog',
    );
    assert.equal(ecr.server.requests.length, 0);
  });

  it('names the permission that is missing', async () => {
    await using ecr = await startEcrContract({ keys: { AKIADEFAULT: ['DescribeRegistries'] } });
    await using opened = open(ecr, { credential: AWS });
    await assert.rejects(
      opened.provider.listRepositories(undefined, signal),
      (error) => isCoreError(error, 'forbidden') && error.details.missing === 'ecr-public:DescribeRegistries',
    );
  });
});
