import assert from 'node:assert/strict';
import { CoreError } from '../../../src/core/common/CoreError.ts';
import { loadImageView, type ManifestSource } from '../../../src/core/image/loadImageView.ts';
import { digestOf, type Digest } from '../../../src/core/oci/digest.ts';
import { MediaType } from '../../../src/core/oci/mediaType.ts';
import { parseManifest } from '../../../src/core/oci/parseManifest.ts';

/** A repository in memory that answers like a RegistryClient and counts what was asked. */
class MemoryRepository implements ManifestSource {
  readonly asked: string[] = [];
  readonly #documents = new Map<string, { readonly bytes: Uint8Array; readonly mediaType: string }>();

  add(
    document: unknown,
    mediaType: string,
    tag?: string,
  ): { digest: Digest; size: number; mediaType: string } {
    const bytes = new TextEncoder().encode(JSON.stringify(document, undefined, 2));
    const digest = digestOf(bytes);
    for (const name of [digest, tag ?? digest]) this.#documents.set(name, { bytes, mediaType });
    return { digest, size: bytes.byteLength, mediaType };
  }

  remove(reference: string): void {
    this.#documents.delete(reference);
  }

  async getManifest(reference: string) {
    this.asked.push(`manifest ${reference}`);
    const { bytes, mediaType } = this.#find(reference);
    return parseManifest(bytes, mediaType, digestOf(bytes));
  }

  async readBlob(digest: Digest, maxBytes: number) {
    this.asked.push(`blob ${digest}`);
    const { bytes } = this.#find(digest);
    assert.ok(maxBytes >= bytes.byteLength && Number.isFinite(maxBytes));
    return bytes;
  }

  #find(reference: string) {
    const found = this.#documents.get(reference);
    if (!found) throw new CoreError('notFound', 'not there', { subject: reference });
    return found;
  }
}

const layer = (fill: string, size: number, more: object = {}) => ({
  mediaType: MediaType.ociLayerGzip,
  digest: `sha256:${fill.repeat(64)}`,
  size,
  ...more,
});

const CONFIG = {
  created: '2026-06-30T09:41:12.5Z',
  architecture: 'amd64',
  os: 'linux',
  config: {
    User: 'node',
    ExposedPorts: { '9090/tcp': {}, '8080/tcp': {} },
    Env: ['PATH=/usr/bin', 'OPTIONS=--a=b', 'EMPTY='],
    Entrypoint: ['docker-entrypoint.sh'],
    Cmd: ['node', 'server.js'],
    Volumes: { '/data': {} },
    WorkingDir: '/srv/app',
    Labels: { maintainer: 'someone' },
    StopSignal: 'SIGTERM',
    Healthcheck: { Test: ['CMD-SHELL', 'curl -f localhost'], Interval: 30e9, Timeout: 5e9, Retries: 3 },
  },
  history: [
    { created_by: '/bin/sh -c #(nop) ADD file:1 in / ', created: '2026-06-01T00:00:00Z' },
    { created_by: 'ENV A=b', comment: 'buildkit.dockerfile.v0', empty_layer: true },
    { created_by: 'RUN /bin/sh -c make # buildkit', comment: 'buildkit.dockerfile.v0' },
  ],
  rootfs: { type: 'layers', diff_ids: [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`] },
};

const never = new AbortController().signal;

function addImage(repository: MemoryRepository, config: object, tag?: string) {
  const blob = repository.add(config, MediaType.ociConfig);
  return {
    config: blob,
    manifest: repository.add(
      {
        schemaVersion: 2,
        mediaType: MediaType.ociManifest,
        config: { ...blob },
        layers: [layer('a', 1000), layer('b', 234)],
        annotations: { 'org.opencontainers.image.source': 'https://example.test' },
      },
      MediaType.ociManifest,
      tag,
    ),
  };
}

function addMultiPlatform(repository: MemoryRepository) {
  const amd64 = addImage(repository, CONFIG).manifest;
  const arm64 = addImage(repository, { ...CONFIG, architecture: 'arm64', variant: 'v8' }).manifest;
  const attestation = repository.add(
    {
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: { ...repository.add({ os: 'unknown', architecture: 'unknown' }, MediaType.ociConfig) },
      layers: [layer('c', 99, { mediaType: 'application/vnd.in-toto+json' })],
    },
    MediaType.ociManifest,
  );
  const index = repository.add(
    {
      schemaVersion: 2,
      mediaType: MediaType.ociIndex,
      manifests: [
        { ...arm64, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
        { ...amd64, platform: { os: 'linux', architecture: 'amd64' } },
        {
          ...attestation,
          platform: { os: 'unknown', architecture: 'unknown' },
          annotations: {
            'vnd.docker.reference.type': 'attestation-manifest',
            'vnd.docker.reference.digest': amd64.digest,
          },
        },
      ],
    },
    MediaType.ociIndex,
    '1.2',
  );
  return { index, amd64, arm64, attestation };
}

describe('everything worth showing about an image', () => {
  it('is read from a single image in one manifest and one config', async () => {
    const repository = new MemoryRepository();
    const { manifest, config } = addImage(repository, CONFIG, '1.2');

    const view = await loadImageView(repository, '1.2', never);

    assert.deepEqual(repository.asked.sort(), [`blob ${config.digest}`, 'manifest 1.2']);
    assert.equal(view.kind, 'image');
    assert.equal(view.digest, manifest.digest);
    assert.equal(view.manifestSizeInBytes, manifest.size);
    assert.deepEqual(view.platforms, []);
    const { selected } = view;
    assert.equal(selected?.platform, 'linux/amd64');
    assert.equal(selected.createdAt, '2026-06-30T09:41:12.500Z');
    assert.equal(selected.totalSizeInBytes, 1000 + 234 + config.size);
    assert.deepEqual(selected.annotations, [
      { name: 'org.opencontainers.image.source', value: 'https://example.test' },
    ]);
    assert.deepEqual(selected.runtime, {
      entrypoint: ['docker-entrypoint.sh'],
      command: ['node', 'server.js'],
      user: 'node',
      workingDirectory: '/srv/app',
      ports: ['8080/tcp', '9090/tcp'],
      volumes: ['/data'],
      stopSignal: 'SIGTERM',
      healthcheck: {
        test: ['CMD-SHELL', 'curl -f localhost'],
        intervalMs: 30_000,
        timeoutMs: 5000,
        retries: 3,
      },
      environment: [
        { name: 'PATH', value: '/usr/bin' },
        { name: 'OPTIONS', value: '--a=b' },
        { name: 'EMPTY', value: '' },
      ],
      labels: [{ name: 'maintainer', value: 'someone' }],
    });
    assert.deepEqual(view.problems, []);
  });

  it('has each layer beside the step that made it', async () => {
    const repository = new MemoryRepository();
    addImage(repository, CONFIG, '1.2');

    const { selected } = await loadImageView(repository, '1.2', never);

    assert.deepEqual(
      selected?.steps.map(({ instruction, layer: made }) => [instruction, made?.sizeInBytes]),
      [
        ['ADD file:1 in /', 1000],
        ['ENV A=b', undefined],
        ['RUN make', 234],
      ],
    );
    assert.equal(selected?.historyMatches, true);
  });

  it('says when the history cannot account for the layers', async () => {
    const repository = new MemoryRepository();
    addImage(repository, { ...CONFIG, history: CONFIG.history.slice(0, 1) }, 'squashed');
    addImage(repository, { ...CONFIG, history: [] }, 'bare');

    const squashed = await loadImageView(repository, 'squashed', never);
    const bare = await loadImageView(repository, 'bare', never);

    assert.equal(squashed.selected?.historyMatches, false);
    assert.equal(squashed.selected.steps.filter((step) => step.layer).length, 2);
    assert.equal(bare.selected?.historyMatches, true);
  });

  it('keeps attestations apart from the platforms of an index and opens linux/amd64 by default', async () => {
    const repository = new MemoryRepository();
    const { index, amd64, arm64, attestation } = addMultiPlatform(repository);

    const view = await loadImageView(repository, '1.2', never);

    assert.equal(view.kind, 'index');
    assert.equal(view.digest, index.digest);
    assert.deepEqual(
      view.platforms.map(({ label, digest }) => [label, digest]),
      [
        ['linux/arm64/v8', arm64.digest],
        ['linux/amd64', amd64.digest],
      ],
    );
    assert.deepEqual(
      view.attestations.map(({ digest, describes }) => [digest, describes]),
      [[attestation.digest, amd64.digest]],
    );
    assert.equal(view.selected?.digest, amd64.digest);
    assert.equal(view.selected.platform, 'linux/amd64');
    assert.ok(!repository.asked.includes(`manifest ${arm64.digest}`));
  });

  it('opens the platform that was chosen, or that suits the machine', async () => {
    const repository = new MemoryRepository();
    const { amd64, arm64 } = addMultiPlatform(repository);

    const chosen = await loadImageView(repository, '1.2', never, { platformDigest: arm64.digest });
    const suiting = await loadImageView(repository, '1.2', never, { architecture: 'arm64' });
    const gone = await loadImageView(repository, '1.2', never, {
      platformDigest: `sha256:${'0'.repeat(64)}`,
    });

    assert.equal(chosen.selected?.digest, arm64.digest);
    assert.equal(suiting.selected?.digest, arm64.digest);
    assert.equal(gone.selected?.digest, amd64.digest);
  });

  it('shows an index without any image', async () => {
    const repository = new MemoryRepository();
    repository.add(
      { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [] },
      MediaType.ociIndex,
      'empty',
    );

    const view = await loadImageView(repository, 'empty', never);

    assert.equal(view.selected, undefined);
    assert.deepEqual(view.platforms, []);
  });

  it('offers an index inside an index to be opened by itself', async () => {
    const repository = new MemoryRepository();
    const { index } = addMultiPlatform(repository);
    repository.add(
      { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [index] },
      MediaType.ociIndex,
      'outer',
    );

    const view = await loadImageView(repository, 'outer', never);

    assert.deepEqual(
      view.platforms.map(({ digest, isIndex }) => [digest, isIndex]),
      [[index.digest, true]],
    );
    assert.equal(view.selected, undefined);
  });

  it('reads a Docker v2 manifest, with its foreign layers marked', async () => {
    const repository = new MemoryRepository();
    const config = repository.add(CONFIG, MediaType.dockerConfig);
    repository.add(
      {
        schemaVersion: 2,
        mediaType: MediaType.dockerManifest,
        config: { ...config },
        layers: [
          layer('a', 7, {
            mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
            urls: ['https://mcr.example.test/a'],
          }),
          layer('b', 8, { mediaType: MediaType.dockerLayerGzip }),
        ],
      },
      MediaType.dockerManifest,
      'v2',
    );

    const view = await loadImageView(repository, 'v2', never);

    assert.equal(view.mediaType, MediaType.dockerManifest);
    assert.deepEqual(
      view.selected?.steps.flatMap((step) => step.layer ?? []).map(({ foreign }) => foreign),
      [true, false],
    );
  });

  it('reads a Helm chart as a chart, not as an image', async () => {
    const repository = new MemoryRepository();
    const config = repository.add(
      { name: 'web', version: '1.2.3', appVersion: 7, type: 'application' },
      MediaType.helmConfig,
    );
    repository.add(
      {
        schemaVersion: 2,
        config: { ...config },
        layers: [layer('a', 7, { mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip' })],
        annotations: { 'org.opencontainers.image.created': '2026-01-02T03:04:05Z' },
      },
      MediaType.ociManifest,
      'chart',
    );

    const view = await loadImageView(repository, 'chart', never);

    assert.equal(view.kind, 'helm');
    assert.deepEqual(view.selected?.chart, { name: 'web', version: '1.2.3', type: 'application' });
    assert.equal(view.selected.runtime, undefined);
    assert.equal(view.selected.createdAt, '2026-01-02T03:04:05Z');
  });

  it('shows schema 1 with its layers base first and without sizes it does not know', async () => {
    const repository = new MemoryRepository();
    repository.add(
      {
        schemaVersion: 1,
        name: 'old/image',
        tag: 'latest',
        architecture: 'amd64',
        fsLayers: [{ blobSum: `sha256:${'b'.repeat(64)}` }, { blobSum: `sha256:${'a'.repeat(64)}` }],
        history: [],
        signatures: [{}],
      },
      MediaType.dockerSchema1Signed,
      'old',
    );

    const { kind, selected } = await loadImageView(repository, 'old', never);

    assert.equal(kind, 'legacy');
    assert.deepEqual(
      selected?.steps.map((step) => step.layer),
      ['a', 'b'].map((fill) => ({
        digest: `sha256:${fill.repeat(64)}`,
        mediaType: MediaType.dockerLayerGzip,
        annotations: [],
        foreign: false,
      })),
    );
    assert.equal(selected?.totalSizeInBytes, undefined);
    assert.equal(selected?.config, undefined);
  });

  it('is shown without the config where the registry lost it, and says so', async () => {
    const repository = new MemoryRepository();
    const { config } = addImage(repository, CONFIG, '1.2');
    repository.remove(config.digest);

    const view = await loadImageView(repository, '1.2', never);

    assert.deepEqual(
      view.problems.map(({ part, kind }) => `${part} ${kind}`),
      ['config notFound'],
    );
    assert.equal(view.selected?.steps.length, 2);
  });

  it('fails where the manifest itself cannot be read', async () => {
    await assert.rejects(loadImageView(new MemoryRepository(), 'gone', never), { kind: 'notFound' });
  });

  it('is given up when it is cancelled, even while reading a part it could do without', async () => {
    const repository = new MemoryRepository();
    addImage(repository, CONFIG, '1.2');
    const controller = new AbortController();
    repository.readBlob = async () => {
      controller.abort();
      throw new CoreError('cancelled', 'cancelled');
    };

    await assert.rejects(loadImageView(repository, '1.2', controller.signal), { kind: 'cancelled' });
  });

  it('survives JSON unchanged, for it is sent to a webview', async () => {
    const repository = new MemoryRepository();
    addMultiPlatform(repository);

    const view = await loadImageView(repository, '1.2', never);

    assert.deepEqual(JSON.parse(JSON.stringify(view)), view);
  });
});
