/**
 * File systems of images that the real engine built, by both builders, held entry by entry against what `docker export`
 * writes of a container: read from a registry they were pushed to, and from what `docker save` writes.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { extract } from 'tar-stream';
import { SavedImage } from '../../../../src/core/image/archive/SavedImage.ts';
import { openImageFiles, type ImageFiles } from '../../../../src/core/image/files/ImageFiles.ts';
import { EntryFlag, EntryKind, type LayerIndex } from '../../../../src/core/image/layers/LayerIndex.ts';
import type { LayerIndexer } from '../../../../src/core/image/layers/LayerIndexer.ts';
import { RegistryBlobSource } from '../../../../src/core/providers/RegistryBlobSource.ts';
import { useDockerEngine, writeBuildContext } from '../../../support/dockerEngine.ts';
import { TestIndexer } from '../../../support/layers/TestIndexer.ts';
import { startDistribution } from '../../../support/servers/distribution.ts';
import type { TestServer } from '../../../support/servers/startProcess.ts';
import { TestConnection } from '../../../support/TestConnection.ts';
import { findTool } from '../../../support/tools.ts';

const run = promisify(execFile);
const { signal } = new AbortController();

/** Everything layers do to each other. */
const DOCKERFILE = `
FROM scratch
COPY busybox /bin/busybox
SHELL ["/bin/busybox", "sh", "-c"]
RUN /bin/busybox mkdir -p /tmp /etc /srv/kept /srv/emptied /srv/replaced /srv/deep/a/b && /bin/busybox --install -s /bin
RUN for i in 1 2 3; do echo "file $i" > /srv/kept/$i; echo "$i" > /srv/emptied/$i; echo "$i" > /srv/replaced/$i; done; echo deep > /srv/deep/a/b/c
RUN echo one > /srv/original && ln /srv/original /srv/hardlink && ln -s ../srv/original /etc/link && ln -s /nowhere /etc/dangling && mkfifo /srv/pipe
RUN rm /srv/kept/2 && rm -r /srv/emptied && mkdir /srv/emptied && echo new > /srv/emptied/new
RUN rm -r /srv/replaced && echo "now a file" > /srv/replaced && rm /etc/dangling && mkdir /etc/dangling && echo x > /etc/dangling/x
RUN chmod 4755 /srv/original && chown 12:34 /srv/kept/1 && chmod 1777 /tmp && mkdir "/srv/with space" && echo u > "/srv/with space/ünï"
RUN rm -r /srv/deep/a && mkdir -p /srv/deep/a && echo again > /srv/deep/a/again && touch -t 200001020304 /srv/kept/3
RUN long=$(for i in 1 2 3 4 5 6 7 8; do echo -n "quite-a-long-name-of-a-directory-"; done | cut -c1-200); mkdir -p /srv/$long/$long && echo far > /srv/$long/$long/file
`;

/** What the engine itself puts into a container. */
const OF_THE_ENGINE = /^\/(dev|proc|sys|\.dockerenv|etc\/(hosts|hostname|resolv\.conf|mtab))(\/|$)/;

interface Known {
  readonly type: string;
  readonly mode: number;
  readonly owner: string;
  readonly time: number;
  readonly content: string;
}

describe('Files of images that the engine built', function () {
  this.timeout(120_000);
  const engine = useDockerEngine();
  const stack = new AsyncDisposableStack();
  let registry: TestServer;
  let indexer: LayerIndexer;

  before(async () => {
    registry = stack.use(await startDistribution());
    const indexes = new TestIndexer();
    stack.defer(() => indexes[Symbol.dispose]());
    indexer = indexes.create();
  });
  after(() => stack.disposeAsync());

  for (const [builder, isBuildKit] of [
    ['the classic builder', false],
    ['BuildKit', true],
  ] as const) {
    describe(`by ${builder}`, () => {
      let name: string;
      let expected: Map<string, Known>;

      before('build, push and export', async () => {
        const { folder, env } = engine();
        const context = await writeBuildContext(join(folder, `files-${String(isBuildKit)}`), DOCKERFILE);
        name = `${registry.host}/files/${isBuildKit ? 'buildkit' : 'classic'}:1`;
        // Debian's own client: the one that comes first on some machines has no BuildKit.
        const docker = isBuildKit ? '/usr/bin/docker' : findTool('docker');
        const environment = { ...process.env, ...env, DOCKER_BUILDKIT: isBuildKit ? '1' : '0' };
        await run(docker, ['build', '-q', '-t', name, context], { env: environment });
        await engine().docker('push', '-q', name);
        const container = await engine().docker('create', name, '/bin/sh');
        expected = await exported(container, engine().env);
        await engine().docker('rm', container);
      });

      it('are the same when they are read from a registry', async () => {
        await using connection = new TestConnection(registry.url);
        const repository = `files/${isBuildKit ? 'buildkit' : 'classic'}`;
        const manifest = await connection.client.getManifest(repository, '1', signal);
        assert.equal(manifest.kind, 'manifest');
        const source = new RegistryBlobSource(connection.client, repository);
        await compare(await openImageFiles(manifest.layers, { source, indexer, signal }));
      });

      it('are the same when they are read from what docker save writes', async () => {
        const file = join(engine().folder, `saved-${String(isBuildKit)}.tar`);
        await engine().docker('save', '--output', file, name);
        const saved = await SavedImage.read(file, signal);
        await compare(await openImageFiles(saved.layers, { source: saved, indexer, signal }));
      });

      it('hold, layer by layer, the names that tar lists of what skopeo copies', async () => {
        const target = join(engine().folder, `copied-${String(isBuildKit)}`);
        const options = ['--insecure-policy', '--src-tls-verify=false', '--quiet'];
        await run(findTool('skopeo'), ['copy', ...options, `docker://${name}`, `dir:${target}`]);
        await using connection = new TestConnection(registry.url);
        const repository = `files/${isBuildKit ? 'buildkit' : 'classic'}`;
        const manifest = await connection.client.getManifest(repository, '1', signal);
        assert.equal(manifest.kind, 'manifest');
        const source = new RegistryBlobSource(connection.client, repository);
        const { layers } = await openImageFiles(manifest.layers, { source, indexer, signal });
        for (const { descriptor, index } of layers) {
          const blob = join(target, descriptor.digest.slice('sha256:'.length));
          const { stdout } = await run('tar', ['--quoting-style=literal', '-tzf', blob]);
          const listed = new Set(
            stdout
              .split('\n')
              .map((line) => line.replace(/\/$/, ''))
              .filter((line) => line !== ''),
          );
          assert.deepEqual(archivedNames(index), [...listed].sort());
        }
      });

      async function compare(files: ImageFiles): Promise<void> {
        assert.deepEqual(files.problems, []);
        const entries = [...files.walk()].filter(({ path }) => !OF_THE_ENGINE.test(path));
        const hashes = new Map<string, string>();
        for await (const { file, content } of files.openAll(entries, signal)) {
          const hash = createHash('sha256');
          for await (const chunk of content) hash.update(chunk);
          hashes.set(file.path, hash.digest('hex'));
        }
        const seen = new Map(
          entries.map((entry): [string, Known] => [
            entry.path,
            {
              type: entry.type,
              mode: entry.type === 'symbolicLink' ? 0o777 : entry.mode,
              owner: `${entry.owner.userId}:${entry.owner.groupId}`,
              // Directories get the time at which the engine made the container's own files in them.
              time: entry.type === 'directory' ? 0 : Math.floor(entry.modifiedAtSeconds),
              content: entry.linkTarget ?? hashes.get(entry.path) ?? '',
            },
          ]),
        );
        assert.ok(seen.size > 250, `${seen.size} entries`);
        assert.deepEqual(
          Object.fromEntries(seen),
          Object.fromEntries([...expected].sort(byWalkOrder([...seen.keys()]))),
        );
      }
    });
  }
});

/** The names of an index as its archive has them. */
function archivedNames(index: LayerIndex): string[] {
  const names: string[] = [];
  for (let entry = 0; entry < index.entryCount; entry += 1) {
    const path = index.pathOf(entry).slice(1);
    if (index.hasFlag(entry, EntryFlag.opaque)) names.push(`${path}/.wh..wh..opq`);
    if (index.hasFlag(entry, EntryFlag.implicit)) continue;
    const isWhiteout = index.kindOf(entry) === EntryKind.whiteout;
    names.push(isWhiteout ? path.replace(/([^/]*)$/, '.wh.$1') : path);
  }
  return names.sort();
}

/** What `docker export` writes, read by another tar reader. */
async function exported(
  container: string,
  env: Readonly<Record<string, string>>,
): Promise<Map<string, Known>> {
  const known = new Map<string, Known>();
  const types: Record<string, string> = {
    file: 'file',
    directory: 'directory',
    symlink: 'symbolicLink',
    fifo: 'fifo',
    'contiguous-file': 'file',
    'character-device': 'characterDevice',
  };
  const reader = extract();
  const child = spawn(findTool('docker'), ['export', container], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.pipe(reader);
  for await (const entry of reader) {
    const { name, type, mode, uid, gid, mtime, linkname } = entry.header;
    const path = `/${name.replace(/^\.?\//, '').replace(/\/$/, '')}`;
    const hash = createHash('sha256');
    for await (const chunk of entry as AsyncIterable<Buffer>) hash.update(chunk);
    if (path === '/' || OF_THE_ENGINE.test(path)) continue;
    if (type === 'link') {
      known.set(path, known.get(`/${(linkname ?? '').replace(/^\//, '')}`)!);
      continue;
    }
    known.set(path, {
      type: types[type ?? 'file'] ?? type,
      mode: type === 'symlink' ? 0o777 : mode & 0o7777,
      owner: `${uid ?? 0}:${gid ?? 0}`,
      time: type === 'directory' ? 0 : Math.floor((mtime?.getTime() ?? 0) / 1000),
      content:
        type === 'symlink'
          ? (linkname ?? '')
          : type === 'directory' || type === 'fifo'
            ? ''
            : hash.digest('hex'),
    });
  }
  return known;
}

/** Only the order differs between archives. */
function byWalkOrder(order: readonly string[]) {
  const places = new Map(order.map((path, place) => [path, place]));
  return ([a]: [string, unknown], [b]: [string, unknown]): number =>
    (places.get(a) ?? Infinity) - (places.get(b) ?? Infinity);
}
