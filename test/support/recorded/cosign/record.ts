/**
 * Records what real cosign makes, for the tests of signatures: it is too large to build at set-up. Keys are made anew
 * each time, and only their public halves are kept. Needs olareg (npm run setup) and two cosigns:
 *
 *   go install github.com/sigstore/cosign/v2/cmd/cosign@v2.6.5    (signatures as tags, the old format)
 *   go install github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3    (Sigstore bundles as referrers)
 *   node test/support/recorded/cosign/record.ts COSIGN2 COSIGN3
 */
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Digest } from '../../../../src/core/oci/digest.ts';
import type { Manifest } from '../../../../src/core/oci/manifest.ts';
import type { RegistryClient } from '../../../../src/core/registry/RegistryClient.ts';
import { pushSample, sampleImage } from '../../sampleImage.ts';
import { startOlareg } from '../../servers/olareg.ts';
import { TestConnection } from '../../TestConnection.ts';
import type { RecordedManifest, RecordedSignatures } from '../../recordedSignatures.ts';

const [cosign2, cosign3] = process.argv.slice(2);
if (cosign2 === undefined || cosign3 === undefined) throw new Error('usage: record.ts COSIGN2 COSIGN3');
const run = promisify(execFile);
const here = import.meta.dirname;
const signal = AbortSignal.timeout(300_000);
const home = await mkdtemp(join(tmpdir(), 'berth-cosign-'));
await using stack = new AsyncDisposableStack();
stack.defer(() => rm(home, { recursive: true }));
const registry = stack.use(await startOlareg());
const { client } = stack.use(new TestConnection(registry.url));

const OLD = ['--tlog-upload=false', '--yes', '--allow-http-registry'];
const NEW = ['--use-signing-config=false', ...OLD];

const privateKeys = {
  p256: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  ed25519: generateKeyPairSync('ed25519').privateKey,
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
};
for (const [name, key] of Object.entries(privateKeys)) {
  await writeFile(join(home, `${name}.pem`), key.export({ type: 'pkcs8', format: 'pem' }));
  await cosign(cosign2, 'import-key-pair', '--key', `${name}.pem`, '--output-key-prefix', name);
  await writeFile(join(here, `${name}.pub`), await cosign(cosign2, 'public-key', '--key', `${name}.key`));
}

await writeFile(
  join(home, 'spdx.json'),
  JSON.stringify({
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: 'signed-app',
    documentNamespace: 'https://example.com/spdx/signed-app',
    creationInfo: { created: '2026-10-01T00:00:00Z', creators: ['Tool: berth'] },
    packages: [
      { SPDXID: 'SPDXRef-Package-a', name: 'busybox', versionInfo: '1.37.0', downloadLocation: 'NOASSERTION' },
    ],
  }),
);
await writeFile(
  join(home, 'slsa1.json'),
  JSON.stringify({
    buildDefinition: {
      buildType: 'https://actions.github.io/buildtypes/workflow/v1',
      externalParameters: {
        workflow: { ref: 'refs/heads/main', repository: 'https://github.com/o/signed-app', path: '.github/workflows/ci.yml' },
      },
      resolvedDependencies: [
        {
          uri: 'git+https://github.com/o/signed-app@refs/heads/main',
          digest: { gitCommit: '0123456789abcdef0123456789abcdef01234567' },
        },
      ],
    },
    runDetails: { builder: { id: 'https://github.com/o/signed-app/.github/workflows/ci.yml@refs/heads/main' } },
  }),
);

const sign = (key: string, ...more: string[]) => ['sign', '--key', `${key}.key`, ...more];
const attest = (key: string, type: string, predicate: string, ...more: string[]) => [
  'attest',
  '--key',
  `${key}.key`,
  '--type',
  type,
  '--predicate',
  predicate,
  ...more,
];

/** Each on an image of its own: who signs with what. */
const SCENARIOS: Readonly<Record<string, readonly (readonly [program: string, args: string[]])[]>> = {
  'tag-p256': [[cosign2, sign('p256', ...OLD)]],
  'tag-p384': [[cosign2, sign('p384', ...OLD)]],
  'tag-ed25519': [[cosign2, sign('ed25519', ...OLD)]],
  'tag-rsa': [[cosign2, sign('rsa', ...OLD)]],
  'tag-two-keys': [
    [cosign2, sign('ed25519', ...OLD)],
    [cosign2, sign('p256', ...OLD)],
  ],
  'referrer-p256': [[cosign2, sign('p256', '--registry-referrers-mode=oci-1-1', ...OLD)]],
  'attest-tag-p256': [
    [cosign2, attest('p256', 'spdxjson', 'spdx.json', ...OLD)],
    [cosign2, attest('p256', 'slsaprovenance1', 'slsa1.json', ...OLD)],
  ],
  'bundle-p256': [[cosign3, sign('p256', ...NEW)]],
  'bundle-p384': [[cosign3, sign('p384', ...NEW)]],
  'bundle-ed25519': [[cosign3, sign('ed25519', ...NEW)]],
  'attest-bundle-p256': [
    [cosign3, attest('p256', 'spdxjson', 'spdx.json', ...NEW)],
    [cosign3, attest('p256', 'slsaprovenance1', 'slsa1.json', ...NEW)],
  ],
};

for (const [name, steps] of Object.entries(SCENARIOS)) {
  const image = sampleImage({ layer: `signed ${name}` });
  await pushSample(client, name, image, 'v1');
  for (const [program, args] of steps) {
    await cosign(program, ...args, `${registry.host}/${name}@${image.digest}`);
  }
  const recorded: RecordedSignatures = {
    image: await recordManifest(name, await client.getManifest(name, 'v1', signal), ['v1']),
    attachments: await recordAttachments(name, image.digest),
  };
  await writeFile(join(here, `${name}.json`), `${JSON.stringify(recorded, undefined, 1)}\n`);
  console.log(`${name}: ${recorded.attachments.length}`);
}

async function cosign(program: string, ...args: string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], HOME: home, COSIGN_PASSWORD: '', COSIGN_EXPERIMENTAL: '1' };
  return (await run(program, args, { cwd: home, env })).stdout;
}

async function recordAttachments(repository: string, digest: Digest): Promise<RecordedManifest[]> {
  const tags = (await client.listTags(repository, undefined, 100, signal)).items.filter((tag) => tag !== 'v1');
  const tagged = tags.filter((tag) => /\.(?:sig|att|sbom)$/.test(tag));
  const { referrers } = await client.listReferrers(repository, digest, signal);
  const records = new Map<Digest, RecordedManifest>();
  for (const [reference, own] of [
    ...tagged.map((tag) => [tag, [tag]] as const),
    ...referrers.map((referrer) => [referrer.digest, []] as const),
  ]) {
    const manifest = await client.getManifest(repository, reference, signal);
    const known = records.get(manifest.digest);
    records.set(manifest.digest, await recordManifest(repository, manifest, [...(known?.tags ?? []), ...own]));
  }
  return [...records.values()];
}

async function recordManifest(
  repository: string,
  manifest: Manifest,
  tags: readonly string[],
): Promise<RecordedManifest> {
  const blobs = manifest.kind === 'manifest' ? [manifest.config, ...manifest.layers] : [];
  return {
    tags,
    mediaType: manifest.mediaType,
    manifest: Buffer.from(manifest.bytes).toString(),
    blobs: await Promise.all(blobs.map((blob) => readText(client, repository, blob.digest))),
  };
}

async function readText(from: RegistryClient, repository: string, digest: Digest): Promise<string> {
  return Buffer.from(await from.readBlob(repository, digest, 1_000_000, signal)).toString();
}
