/** Whether a base has moved on, on a real registry, and what is asked to find out. */
import assert from 'node:assert/strict';
import type { Digest } from '../../../src/core/oci/digest.ts';
import type { ImageManifest, IndexManifest } from '../../../src/core/oci/manifest.ts';
import { MediaType } from '../../../src/core/oci/mediaType.ts';
import { SeenManifests } from '../../../src/core/registry/SeenManifests.ts';
import { baseMaterialOf } from '../../../src/core/trust/baseMaterial.ts';
import { checkBase, type BaseFacts } from '../../../src/core/trust/checkBase.ts';
import { descriptorOf, pushSample, sampleImage, sampleIndex } from '../../support/sampleImage.ts';
import { startDistribution } from '../../support/servers/distribution.ts';
import { TestConnection } from '../../support/TestConnection.ts';

const { signal } = new AbortController();
const layerOf = (text: string): Digest => descriptorOf(Buffer.from(text)).digest;

describe('A base image', () => {
  const stack = new AsyncDisposableStack();
  let client: TestConnection['client'];
  const before12 = sampleImage({ layer: 'base before' });
  const now12 = sampleImage({ layer: 'base now' });
  const indexBefore = sampleIndex([[before12, 'linux/amd64']]);
  const indexNow = sampleIndex([[now12, 'linux/amd64']]);
  const built = (text: string) => ({
    layers: [layerOf(text), layerOf('application')],
    platform: 'linux/amd64',
  });

  before(async () => {
    const registry = stack.use(await startDistribution());
    client = stack.use(new TestConnection(registry.url)).client;
    for (const image of [before12, now12]) await pushSample(client, 'base', image);
    await pushSample(client, 'base', indexBefore, 'before');
    await pushSample(client, 'base', indexNow, '12');
    await pushSample(client, 'base', now12, 'single');
  });
  after(() => stack.disposeAsync());

  async function check(tag: string, facts: Partial<BaseFacts>) {
    const asked: string[] = [];
    const counting = {
      headManifest: (...request: Parameters<typeof client.headManifest>) => {
        asked.push(`HEAD ${request[1]}`);
        return client.headManifest(...request);
      },
      getManifest: (...request: Parameters<typeof client.getManifest>) => {
        asked.push(`GET ${request[1]}`);
        return client.getManifest(...request);
      },
    };
    const { state } = await checkBase(counting, 'base', tag, { layers: [], mayRead: true, ...facts }, signal);
    return { state, asked };
  }

  it('is current where its tag is still on the digest it was built on: one HEAD', async () => {
    assert.deepEqual(await check('12', { digest: indexNow.digest }), {
      state: 'current',
      asked: ['HEAD 12'],
    });
  });

  it('is current where the digest is that of the platform within the index', async () => {
    assert.equal((await check('12', { digest: now12.digest })).state, 'current');
  });

  it('has a newer one where its tag is on another digest, and no manifest is read to tell', async () => {
    const { state, asked } = await check('12', { digest: indexBefore.digest, mayRead: false });
    assert.deepEqual([state, asked], ['newer', ['HEAD 12', `HEAD ${indexBefore.digest}`]]);
    assert.equal((await check('12', { digest: before12.digest })).state, 'newer');
    assert.equal((await check('single', { digest: before12.digest, mayRead: false })).state, 'newer');
  });

  it('is told by its layers where no digest was noted', async () => {
    assert.equal((await check('12', built('base now'))).state, 'current');
    assert.equal((await check('12', built('base before'))).state, 'newer');
    assert.equal((await check('12', { ...built('base now'), platform: 'linux/riscv64' })).state, 'unknown');
  });

  it('stays unknown rather than spend a pull', async () => {
    const { state, asked } = await check('12', { ...built('base before'), mayRead: false });
    assert.deepEqual([state, asked], ['unknown', ['HEAD 12']]);
    assert.equal((await check('12', { digest: before12.digest, mayRead: false })).state, 'unknown');
  });

  it('is gone where its tag is no more', async () => {
    assert.equal((await check('11', {})).state, 'gone');
  });

  it('is recognised by its layers among what was read, the one with the most', () => {
    const seen = new SeenManifests();
    const [a, b, c, x] = ['a', 'b', 'c', 'x'].map(layerOf) as [Digest, Digest, Digest, Digest];
    for (const [tag, layers] of [
      ['v1', [a]],
      ['v2', [a, b]],
      ['v3', [a, b, c]],
    ] as const)
      seen.record('r', tag, manifestOf(tag, layers));
    const own = layerOf('own');
    assert.equal(seen.findBase([a, b, c], own)?.tag.name, 'v2');
    assert.equal(seen.findBase([a, b], own)?.tag.name, 'v1', 'not itself');
    assert.equal(seen.findBase([x, b, c], own), undefined);
  });

  it('is not hidden by what begins with more of the layers: another platform, or an image without a tag', () => {
    const seen = new SeenManifests();
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(layerOf) as [Digest, Digest, Digest, Digest];
    const [base, own, other] = [
      manifestOf('base', [a]),
      manifestOf('own', [a, b, c, d]),
      manifestOf('other', [a, b]),
    ];
    const index = indexOf('index', [own, other]);
    const untagged = manifestOf('untagged', [a, b, c]);
    seen.record('base', '12', base);
    seen.record('app', 'v1', index);
    for (const image of [own, other, untagged]) seen.record('app', image.digest, image);
    const find = (digest: Digest) =>
      seen.findBase(
        own.layers.map((layer) => layer.digest),
        digest,
      );
    assert.equal(find(index.digest)?.digest, base.digest);
    assert.equal(find(own.digest)?.digest, base.digest, 'opened by the digest of the platform');
    assert.equal(find(layerOf('third'))?.digest, other.digest, 'of another image it may be the base');
    seen.record('app', 'v1-arm64', other);
    assert.equal(find(index.digest)?.digest, base.digest, 'under a tag of its own as well');
  });

  it('is seen by its client whatever read it, with the tag of its index', async () => {
    await client.getManifest('base', '12', signal);
    await client.getManifest('base', now12.digest, signal);
    const seen = client.seen.findBase(built('base now').layers, layerOf('own'));
    assert.deepEqual(
      [seen?.repository, seen?.digest, seen?.tag],
      ['base', now12.digest, { name: '12', digest: indexNow.digest }],
    );
  });

  it('is the only image among the materials of a provenance', () => {
    const sha = 'ab'.repeat(32);
    const debian = { uri: 'pkg:docker/debian@12?platform=linux%2Famd64', digest: `sha256:${sha}` as const };
    const frontend = { uri: 'pkg:docker/docker/dockerfile@1', digest: `sha256:${'cd'.repeat(32)}` as const };
    assert.deepEqual(baseMaterialOf([frontend, debian, { uri: 'https://github.com/o/r' }]), {
      reference: 'debian:12',
      digest: debian.digest,
    });
    assert.equal(baseMaterialOf([debian, { uri: 'pkg:docker/golang@1.25' }]), undefined);
    assert.deepEqual(baseMaterialOf([{ uri: `pkg:docker/registry.example/team/base@sha256%3A${sha}` }]), {
      reference: 'registry.example/team/base',
      digest: `sha256:${sha}`,
    });
  });
});

function manifestOf(name: string, layers: readonly Digest[]): ImageManifest {
  return {
    kind: 'manifest',
    mediaType: MediaType.ociManifest,
    digest: layerOf(`manifest ${name}`),
    bytes: new Uint8Array(),
    annotations: {},
    config: descriptorOf(Buffer.from('{}')),
    layers: layers.map((digest) => ({ ...descriptorOf(Buffer.from('')), digest })),
  };
}

function indexOf(name: string, manifests: readonly ImageManifest[]): IndexManifest {
  return {
    kind: 'index',
    mediaType: MediaType.ociIndex,
    digest: layerOf(`index ${name}`),
    bytes: new Uint8Array(),
    annotations: {},
    manifests: manifests.map(({ digest }) => ({ ...descriptorOf(Buffer.from('')), digest })),
  };
}
