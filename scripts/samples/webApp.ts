/** The sample application: a small Node service with a real file tree, in four versions for three platforms. */
import { createHash } from 'node:crypto';
import type { Platform } from '../../src/core/oci/platform.ts';
import { formatPlatform } from '../../src/core/oci/platform.ts';
import type { BuiltManifest } from './buildArtifact.ts';
import { buildImage, buildLayer } from './buildImage.ts';
import type { BuiltLayer } from './buildImage.ts';
import { buildAttestation, buildIndex } from './buildIndex.ts';
import type { TarEntry } from './createTar.ts';

/** All sample dates count back from here: fixed, so that digests are. */
const SAMPLE_NOW = Date.parse('2026-10-31T08:00:00Z');
const DAY_MS = 24 * 60 * 60 * 1000;

export const WEB_APP_PLATFORMS: readonly Platform[] = [
  { os: 'linux', architecture: 'amd64' },
  { os: 'linux', architecture: 'arm64' },
  { os: 'linux', architecture: 'arm', variant: 'v7' },
];

export interface WebAppVersion {
  readonly version: string;
  readonly daysAgo: number;
  /** Of the last version three share one digest. */
  readonly tags: readonly string[];
}

export const WEB_APP_VERSIONS: readonly WebAppVersion[] = [
  { version: '1.0.0', daysAgo: 330, tags: ['v1.0.0'] },
  { version: '1.2.0', daysAgo: 214, tags: ['v1.2.0'] },
  { version: '1.10.0', daysAgo: 87, tags: ['v1.10.0'] },
  { version: '2.0.0', daysAgo: 9, tags: ['v2.0.0', 'v2', 'latest'] },
];

export function daysAgo(days: number): Date {
  return new Date(SAMPLE_NOW - days * DAY_MS);
}

/** Index of all platforms with provenance and SBOM of each. */
export function buildWebApp({ version, daysAgo: age }: WebAppVersion): BuiltManifest {
  const images = WEB_APP_PLATFORMS.map((platform) => buildWebAppImage(platform, version, daysAgo(age)));
  const attestations = images.map((image) =>
    buildAttestation(image, {
      'https://slsa.dev/provenance/v0.2': provenance(version),
      'https://spdx.dev/Document': webAppSbom(version),
    }),
  );
  return buildIndex([...images, ...attestations], {
    'org.opencontainers.image.version': version,
    'org.opencontainers.image.source': 'https://example.com/samples/web-app',
  });
}

/** One platform of one version. Layers below the application are shared by all versions. */
export function buildWebAppImage(platform: Platform, version: string, createdAt: Date): BuiltManifest {
  const base = baseLayer(platform);
  return buildImage({
    platform,
    createdAt,
    author: 'Berth samples',
    config: {
      Env: [
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        'NODE_ENV=production',
        `APP_VERSION=${version}`,
      ],
      Entrypoint: ['/sbin/tini', '--'],
      Cmd: ['node', 'src/server.js'],
      User: 'node',
      WorkingDir: '/app',
      ExposedPorts: { '8080/tcp': {}, '9090/tcp': {} },
      Volumes: { '/var/lib/web-app': {} },
      StopSignal: 'SIGTERM',
      Labels: {
        'org.opencontainers.image.title': 'web-app',
        'org.opencontainers.image.version': version,
        'org.opencontainers.image.created': createdAt.toISOString(),
        'org.opencontainers.image.source': 'https://example.com/samples/web-app',
        'org.opencontainers.image.licenses': 'MIT',
      },
    },
    steps: [
      { createdBy: `ADD alpine-minirootfs-3.22.2-${platform.architecture}.tar.gz /`, layer: base },
      { createdBy: 'CMD ["/bin/sh"]' },
      { createdBy: 'RUN /bin/sh -c apk add --no-cache nodejs tini', layer: runtimeLayer(platform) },
      { createdBy: 'ENV NODE_ENV=production' },
      { createdBy: `ENV APP_VERSION=${version}` },
      { createdBy: 'WORKDIR /app', layer: buildLayer([{ path: 'app/', uid: 1000 }]) },
      { createdBy: 'COPY package.json package-lock.json ./', layer: packageLayer(version) },
      { createdBy: 'RUN /bin/sh -c npm ci --omit=dev', layer: dependencyLayer(version) },
      { createdBy: 'COPY src ./src', layer: sourceLayer(version) },
      {
        createdBy: 'RUN /bin/sh -c rm package-lock.json && chown -R node:node /app',
        layer: buildLayer([{ path: 'app/.wh.package-lock.json' }]),
      },
      { createdBy: 'VOLUME [/var/lib/web-app]' },
      { createdBy: 'EXPOSE map[8080/tcp:{} 9090/tcp:{}]' },
      { createdBy: 'USER node' },
      { createdBy: 'ENTRYPOINT ["/sbin/tini" "--"]' },
      { createdBy: 'CMD ["node" "src/server.js"]' },
    ],
  });
}

/** SPDX 2.3, in short. */
export function webAppSbom(version: string): unknown {
  const packages = {
    'web-app': version,
    ...dependenciesOf(version),
    nodejs: '22.16.0-r2',
    tini: '0.19.0-r3',
  };
  return {
    spdxVersion: 'SPDX-2.3',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `web-app-${version}`,
    packages: Object.entries(packages).map(([name, versionInfo]) => ({
      SPDXID: `SPDXRef-Package-${name}`,
      name,
      versionInfo,
      licenseConcluded: 'MIT',
    })),
  };
}

/** Root file system shared by every sample image of the platform. */
export const baseLayer = oncePerPlatform((name) =>
  buildLayer([
    ...['bin/', 'dev/', 'etc/', 'etc/apk/', 'home/', 'home/node/', 'lib/', 'root/', 'sbin/'].map((path) => ({
      path,
    })),
    { path: 'tmp/', mode: 0o1777 },
    { path: 'var/lib/' },
    { path: 'bin/busybox', mode: 0o755, content: fakeBinary(`busybox ${name}`, 120_000) },
    { path: 'bin/sh', linkTo: '/bin/busybox' },
    { path: 'bin/ls', linkTo: '/bin/busybox' },
    { path: 'etc/alpine-release', content: '3.22.2\n' },
    { path: 'etc/apk/repositories', content: 'https://dl-cdn.alpinelinux.org/alpine/v3.22/main\n' },
    { path: 'etc/hostname', content: 'localhost\n' },
    {
      path: 'etc/os-release',
      content: 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.22.2\nPRETTY_NAME="Alpine Linux v3.22"\n',
    },
    { path: 'etc/passwd', content: 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n' },
    { path: 'etc/shadow', mode: 0o640, content: 'root:*::0:::::\nnode:!::0:::::\n' },
    { path: 'lib/libc.so', mode: 0o755, content: fakeBinary(`musl ${name}`, 60_000) },
    { path: 'sbin/apk', mode: 0o755, content: fakeBinary(`apk ${name}`, 20_000) },
  ]),
);

const runtimeLayer = oncePerPlatform((name) =>
  buildLayer([
    { path: 'usr/' },
    { path: 'usr/bin/' },
    { path: 'usr/bin/node', mode: 0o755, content: fakeBinary(`node ${name}`, 250_000) },
    { path: 'sbin/tini', mode: 0o755, content: fakeBinary(`tini ${name}`, 10_000) },
    { path: 'etc/ssl/' },
    { path: 'etc/ssl/openssl.cnf', content: '[default]\nopenssl_conf = default_conf\n' },
  ]),
);

/** Big layers are the same in every version: compressed once. */
function oncePerPlatform(build: (platformName: string) => BuiltLayer): (platform: Platform) => BuiltLayer {
  const built = new Map<string, BuiltLayer>();
  return (platform) => {
    const name = formatPlatform(platform);
    const layer = built.get(name) ?? build(name);
    built.set(name, layer);
    return layer;
  };
}

function dependenciesOf(version: string): Readonly<Record<string, string>> {
  return version.startsWith('1.')
    ? { express: '4.21.2', pino: '9.6.0' }
    : { fastify: '5.3.2', pino: '9.7.0', 'prom-client': '15.1.3' };
}

function packageLayer(version: string): BuiltLayer {
  const manifest = { name: 'web-app', version, type: 'module', dependencies: dependenciesOf(version) };
  return buildLayer([
    { path: 'app/package.json', content: `${JSON.stringify(manifest, undefined, 2)}\n` },
    { path: 'app/package-lock.json', content: `${JSON.stringify({ ...manifest, lockfileVersion: 3 })}\n` },
  ]);
}

function dependencyLayer(version: string): BuiltLayer {
  const entries = Object.entries(dependenciesOf(version)).flatMap(([name, dependency]): TarEntry[] => [
    { path: `app/node_modules/${name}/` },
    {
      path: `app/node_modules/${name}/package.json`,
      content: JSON.stringify({ name, version: dependency, main: 'index.js', license: 'MIT' }, undefined, 2),
    },
    { path: `app/node_modules/${name}/index.js`, content: `// ${name} ${dependency}\nexport default {};\n` },
    { path: `app/node_modules/${name}/LICENSE`, content: 'MIT License\n' },
  ]);
  return buildLayer([{ path: 'app/node_modules/' }, ...entries]);
}

function sourceLayer(version: string): BuiltLayer {
  const framework = Object.keys(dependenciesOf(version))[0];
  return buildLayer([
    { path: 'app/src/' },
    {
      path: 'app/src/server.js',
      content: [
        `import ${framework} from '${framework}';`,
        `import { routes } from './routes.js';`,
        '',
        `// web-app ${version}`,
        `const app = ${framework}();`,
        'for (const [path, handler] of routes) app.get(path, handler);',
        "app.listen(8080, '0.0.0.0');",
        '',
      ].join('\n'),
    },
    {
      path: 'app/src/routes.js',
      content: `export const routes = [\n  ['/healthz', () => 'ok'],\n  ['/version', () => '${version}'],\n];\n`,
    },
    { path: 'app/src/public/' },
    { path: 'app/src/public/index.html', content: `<!doctype html>\n<title>web-app ${version}</title>\n` },
  ]);
}

function provenance(version: string): unknown {
  return {
    buildType: 'https://mobyproject.org/buildkit@v1',
    builder: { id: 'https://example.com/builders/samples' },
    invocation: {
      configSource: {
        uri: `https://example.com/samples/web-app.git#refs/tags/v${version}`,
        entryPoint: 'Dockerfile',
      },
    },
    metadata: {
      completeness: { parameters: true, environment: true, materials: false },
      reproducible: true,
      'https://mobyproject.org/buildkit@v1#metadata': {
        vcs: {
          source: 'https://github.com/berth-registry/samples.git',
          revision: createHash('sha1').update(version).digest('hex'),
        },
      },
    },
  };
}

/** Bytes that look like a program to a viewer and to gzip: an ELF magic, then noise that depends on `seed` alone. */
function fakeBinary(seed: string, sizeInBytes: number): Buffer {
  const blocks = [Buffer.from('\u007fELF')];
  for (let index = 0; index * 64 < sizeInBytes; index++) {
    blocks.push(createHash('sha512').update(`${seed} ${index}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, sizeInBytes);
}
