/** The base image a panel names, found across the connections that are open. */
import * as assert from 'node:assert/strict';
import { buildImage, buildLayer } from '../../scripts/samples/buildImage.ts';
import { buildAttestation, buildIndex } from '../../scripts/samples/buildIndex.ts';
import type { BuiltManifest } from '../../scripts/samples/buildArtifact.ts';
import { pushBuilt } from '../../scripts/samples/pushBuilt.ts';
import { nullLogger } from '../../src/core/common/Logger.ts';
import { loadImageView } from '../../src/core/image/loadImageView.ts';
import { findBaseImage } from '../../src/panels/manifest/sections/findBaseImage.ts';
import { readAttached } from '../../src/panels/manifest/sections/readAttached.ts';
import { openManifestSource } from '../../src/platform/manifestSource.ts';
import { startOlareg } from '../support/servers/olareg.ts';
import type { TestServer } from '../support/servers/startProcess.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { anonymous, TreeFixture } from './TreeFixture.ts';

const platform = { os: 'linux', architecture: 'amd64' };
const createdAt = new Date('2026-09-01T00:00:00Z');
const step = (content: string) => ({
  createdBy: `COPY ${content} /`,
  layer: buildLayer([{ path: content, content }]),
});
const imageOf = (...layers: readonly string[]): BuiltManifest =>
  buildImage({ platform, createdAt, steps: layers.map(step) });

describe('The base image in a panel', () => {
  const stack = new AsyncDisposableStack();
  const { signal } = new AbortController();
  let apps: TestServer;
  let bases: TestServer;
  let pushBase: (image: BuiltManifest) => Promise<void>;
  let pushApp: (image: BuiltManifest) => Promise<void>;

  before(async () => {
    apps = stack.use(await startOlareg());
    bases = stack.use(await startOlareg());
    const toApps = stack.use(new TestConnection(apps.url)).client;
    const toBases = stack.use(new TestConnection(bases.url)).client;
    pushApp = (image) => pushBuilt(toApps, 'app', image, ['v1'], signal);
    pushBase = (image) => pushBuilt(toBases, 'base', image, ['12'], signal);
  });
  after(() => stack.disposeAsync());

  const open = () =>
    TreeFixture.open(
      anonymous(apps.url, { name: 'Apps', repositories: ['app'] }),
      anonymous(bases.url, { name: 'Bases', repositories: ['base'] }),
    );

  async function find({ sessions, settings }: TreeFixture) {
    const { id } = settings.connections().find(({ name }) => name === 'Apps')!;
    const view = await loadImageView(await openManifestSource(sessions, id, 'app'), 'v1', signal);
    const { client } = await sessions.open(id);
    const attached = () => readAttached(client, 'app', view, signal);
    return findBaseImage(sessions, view, attached, nullLogger, signal);
  }

  it('is recognised by its layers once its repository was looked at, and told to have moved on', async () => {
    await pushBase(imageOf('system 1'));
    await pushApp(imageOf('system 1', 'application'));
    await using fixture = await open();
    assert.equal(await find(fixture), undefined, 'nothing is searched for');
    await fixture.tree.getChildren(await fixture.find('Bases', 'base', '12'));
    const base = await find(fixture);
    assert.deepEqual(
      [base?.reference, base?.by, base?.state],
      [`${bases.host}/base:12`, 'layers', 'current'],
    );
    await pushBase(imageOf('system 2'));
    assert.deepEqual([(await find(fixture))?.by, (await find(fixture))?.state], ['layers', 'newer']);
  });

  it('is the one that a provenance names, with its digest', async () => {
    const base = imageOf('system 3');
    await pushBase(base);
    const image = imageOf('system 3', 'application');
    const sha256 = base.descriptor.digest.slice('sha256:'.length);
    const attestation = buildAttestation(image, {
      'https://slsa.dev/provenance/v0.2': {
        builder: { id: '' },
        buildType: 'https://mobyproject.org/buildkit@v1',
        materials: [{ uri: `pkg:docker/${bases.host}/base@12?platform=linux%2Famd64`, digest: { sha256 } }],
      },
    });
    await pushApp(buildIndex([image, attestation]));
    await using fixture = await open();
    const found = await find(fixture);
    assert.deepEqual(
      [found?.reference, found?.by, found?.digest, found?.state],
      [`${bases.host}/base:12`, 'provenance', base.descriptor.digest, 'current'],
    );
  });

  it('is named and not asked about where no connection reaches its registry', async () => {
    await pushApp(
      buildImage({
        platform,
        createdAt,
        annotations: { 'org.opencontainers.image.base.name': 'registry.example/base:1' },
        steps: [step('x')],
      }),
    );
    await using fixture = await open();
    const found = await find(fixture);
    assert.deepEqual([found?.state, found?.open], ['notConnected', undefined]);
  });
});
