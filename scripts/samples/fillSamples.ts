/** Fills a registry with everything worth looking at, through the project's own client. */
import pLimit from 'p-limit';
import { shortDigest } from '../../src/core/oci/digest.ts';
import type { RegistryClient } from '../../src/core/registry/RegistryClient.ts';
import { buildCosignSignature, buildFileArtifact, buildHelmChart, buildReferrer } from './buildArtifact.ts';
import type { BuiltManifest } from './buildArtifact.ts';
import { buildImage, buildLayer } from './buildImage.ts';
import { pushBuilt } from './pushBuilt.ts';
import type { WebAppVersion } from './webApp.ts';
import {
  baseLayer,
  buildWebApp,
  daysAgo,
  WEB_APP_PLATFORMS,
  WEB_APP_VERSIONS,
  webAppSbom,
} from './webApp.ts';

export const NIGHTLY_REPOSITORY = 'samples/nightly';
export const WEB_APP_REPOSITORY = 'samples/web-app';
/** Namespaces of the 120 services, with how many each has. */
const SERVICE_NAMESPACES: Readonly<Record<string, number>> = {
  'team-a': 40,
  'team-b': 30,
  platform: 30,
  data: 20,
};

const NIGHTLY_IMAGES = 100;
const CONCURRENCY = 6;

/** @returns false where the samples were there already: one HEAD found the tag that is written last. */
export async function fillSamples(client: RegistryClient, signal: AbortSignal): Promise<boolean> {
  const [newest, ...older] = WEB_APP_VERSIONS.toReversed();
  const webApp = buildWebApp(newest!);
  const head = await client.headManifest(WEB_APP_REPOSITORY, 'latest', signal);
  if (head?.digest === webApp.descriptor.digest) return false;

  await Promise.all([
    fillOlderVersions(client, older, signal),
    fillArtifacts(client, signal),
    fillNightly(client, signal),
    fillServices(client, signal),
  ]);
  await pushBuilt(client, WEB_APP_REPOSITORY, webApp, [], signal);
  await attachSupplyChain(client, webApp, signal);
  await pushBuilt(client, WEB_APP_REPOSITORY, webApp, newest!.tags, signal);
  return true;
}

async function fillOlderVersions(
  client: RegistryClient,
  versions: readonly WebAppVersion[],
  signal: AbortSignal,
): Promise<void> {
  for (const version of versions) {
    await pushBuilt(client, WEB_APP_REPOSITORY, buildWebApp(version), version.tags, signal);
  }
}

/** A signature the way of cosign's tags, an SBOM the way of the referrers API. */
async function attachSupplyChain(
  client: RegistryClient,
  image: BuiltManifest,
  signal: AbortSignal,
): Promise<void> {
  const signature = buildCosignSignature(
    image.descriptor,
    `${client.endpoint.referenceHost}/${WEB_APP_REPOSITORY}`,
  );
  await pushBuilt(client, WEB_APP_REPOSITORY, signature.manifest, [signature.tag], signal);
  const sbom = buildReferrer(image.descriptor, 'application/spdx+json', webAppSbom('2.0.0'), {
    'org.opencontainers.image.created': daysAgo(9).toISOString(),
  });
  await pushBuilt(client, WEB_APP_REPOSITORY, sbom, [], signal);
}

async function fillArtifacts(client: RegistryClient, signal: AbortSignal): Promise<void> {
  for (const [version, appVersion] of [
    ['0.9.0', '1.2.0'],
    ['0.10.0', '1.10.0'],
    ['1.0.0', '2.0.0'],
  ] as const) {
    const chart = buildHelmChart({
      name: 'web-app',
      version,
      appVersion,
      description: 'The sample web application on Kubernetes',
      files: {
        'values.yaml': `replicaCount: 2\nimage:\n  repository: samples/web-app\n  tag: v${appVersion}\n`,
        'templates/deployment.yaml':
          'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\n' +
          'spec:\n  replicas: {{ .Values.replicaCount }}\n',
      },
    });
    await pushBuilt(client, 'charts/web-app', chart, [version], signal);
  }
  const report = buildFileArtifact(
    'application/vnd.example.scan-report.v1',
    {
      'report.json': { mediaType: 'application/json', content: '{"critical":0,"high":1,"medium":4}\n' },
      'summary.md': { mediaType: 'text/markdown', content: '# Scan of web-app 2.0.0\n\nOne high finding.\n' },
    },
    { 'org.opencontainers.image.created': daysAgo(8).toISOString() },
  );
  await pushBuilt(client, 'samples/scan-report', report, ['2026-10'], signal);
}

/** 300 tags: 100 builds, each under its date, its version and its commit. Only the configurations differ. */
async function fillNightly(client: RegistryClient, signal: AbortSignal): Promise<void> {
  const platform = WEB_APP_PLATFORMS[0]!;
  const base = baseLayer(platform);
  const tool = buildLayer([
    { path: 'usr/local/bin/nightly', mode: 0o755, content: '#!/bin/sh\necho nightly\n' },
  ]);
  const limit = pLimit(CONCURRENCY);
  for (const { bytes } of [base, tool]) await client.uploadBlob(NIGHTLY_REPOSITORY, bytes, signal);
  await Promise.all(
    Array.from({ length: NIGHTLY_IMAGES }, (_, index) => {
      const createdAt = daysAgo(3 * (NIGHTLY_IMAGES - index));
      const date = createdAt.toISOString().slice(0, 10);
      const image = buildImage({
        platform,
        createdAt,
        config: { Cmd: ['nightly'], Labels: { 'org.opencontainers.image.revision': `build-${index + 1}` } },
        steps: [
          { createdBy: 'ADD alpine-minirootfs-3.22.2-amd64.tar.gz /', layer: base },
          { createdBy: 'COPY nightly /usr/local/bin/nightly', layer: tool },
          { createdBy: `LABEL org.opencontainers.image.revision=build-${index + 1}` },
          { createdBy: 'CMD ["nightly"]' },
        ],
      });
      const tags = [
        `nightly-${date}`,
        `0.${Math.floor(index / 10)}.${index % 10}-nightly`,
        `sha-${shortDigest(image.descriptor.digest, 7)}`,
      ];
      return limit(() =>
        pushBuilt(client, NIGHTLY_REPOSITORY, { ...image, blobs: [image.blobs[0]!] }, tags, signal),
      );
    }),
  );
}

/** One image a namespace; every repository mounts its blobs from the first one. */
async function fillServices(client: RegistryClient, signal: AbortSignal): Promise<void> {
  const platform = WEB_APP_PLATFORMS[0]!;
  const limit = pLimit(CONCURRENCY);
  for (const [namespace, count] of Object.entries(SERVICE_NAMESPACES)) {
    const image = buildImage({
      platform,
      createdAt: daysAgo(20 + count),
      config: { Entrypoint: ['/usr/bin/service'], Labels: { 'com.example.team': namespace } },
      steps: [
        {
          createdBy: 'COPY service /usr/bin/service',
          layer: buildLayer([
            { path: 'usr/bin/service', mode: 0o755, content: `#!/bin/sh\necho ${namespace}\n` },
          ]),
        },
        { createdBy: 'ENTRYPOINT ["/usr/bin/service"]' },
      ],
    });
    const [first, ...others] = Array.from(
      { length: count },
      (_, index) => `${namespace}/service-${String(index + 1).padStart(3, '0')}`,
    );
    await pushBuilt(client, first!, image, ['1.4.0'], signal);
    await Promise.all(
      others.map((repository) =>
        limit(async () => {
          for (const { descriptor, bytes } of image.blobs) {
            const mounted = await client.mountBlob(repository, descriptor.digest, first!, signal);
            if (!mounted) await client.uploadBlob(repository, bytes, signal);
          }
          await client.putManifest(repository, '1.4.0', image.descriptor.mediaType, image.bytes, signal);
        }),
      ),
    );
  }
}
