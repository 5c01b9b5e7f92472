/**
 * Two images of a real engine, pushed to a real registry: what compareFiles tells is what `docker export` of both shows,
 * and the engine's own copy has the same config and history.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { extract } from 'tar-stream';
import { nullLogger } from '../../../../src/core/common/Logger.ts';
import { Docker } from '../../../../src/core/docker/Docker.ts';
import { DockerRunner } from '../../../../src/core/docker/DockerRunner.ts';
import { compareConfigs } from '../../../../src/core/image/compare/compareConfigs.ts';
import { compareFiles } from '../../../../src/core/image/compare/compareFiles.ts';
import { compareHistories } from '../../../../src/core/image/compare/compareHistories.ts';
import { openComparedFiles } from '../../../../src/core/image/compare/openComparedFiles.ts';
import { MAX_CONFIG_BYTES } from '../../../../src/core/image/loadImageView.ts';
import { parseImageConfig } from '../../../../src/core/oci/imageConfig.ts';
import { RegistryBlobSource } from '../../../../src/core/providers/RegistryBlobSource.ts';
import { busyboxDockerfile, useDockerEngine, writeBuildContext } from '../../../support/dockerEngine.ts';
import { TestIndexer } from '../../../support/layers/TestIndexer.ts';
import { startDistribution } from '../../../support/servers/distribution.ts';
import { TestConnection } from '../../../support/TestConnection.ts';

/** What an engine puts into every container. */
const OF_THE_ENGINE = /^\/(?:\.dockerenv|dev|proc|sys|etc\/(?:hosts|hostname|resolv\.conf|mtab))(?:\/|$)/;

describe('images of a real engine compared', () => {
  const engine = useDockerEngine();

  it('differ in the files in which their exports differ', async function () {
    this.timeout(60_000);
    await using registry = await startDistribution();
    await using connection = new TestConnection(registry.url);
    using indexes = new TestIndexer();
    const { docker, folder } = engine();
    const host = new URL(registry.url).host;
    const base = busyboxDockerfile(
      [
        'COPY first.txt second.txt /app/',
        'RUN ["/bin/busybox", "sh", "-c", "mkdir -p /opt/data/deep && echo 1 > /opt/data/deep/a && echo 2 > /opt/data/b && ln /opt/data/b /opt/data/hard && ln -s b /opt/data/soft"]',
      ].join('\n'),
    );
    const changes = [
      'rm -rf /opt/data/deep && echo changed > /app/first.txt && chmod 600 /app/second.txt',
      'rm /opt/data/soft && ln -s hard /opt/data/soft && mkdir /opt/new && echo n > /opt/new/file && rm /opt/data/b && mkdir /opt/data/b',
    ];
    const files = { 'first.txt': 'first', 'second.txt': 'second' };
    const context = await writeBuildContext(join(folder, 'compared'), base, files);
    await docker('build', '--quiet', '--tag', `${host}/compared:before`, context);
    const runs = changes.map((line) => `RUN ["/bin/busybox", "sh", "-c", ${JSON.stringify(line)}]`);
    await writeBuildContext(context, [`FROM ${host}/compared:before`, ...runs].join('\n'), files);
    await docker('build', '--quiet', '--tag', `${host}/compared:after`, context);
    const exported: ReadonlyMap<string, string>[] = [];
    for (const tag of ['before', 'after']) {
      await docker('push', '--quiet', `${host}/compared:${tag}`);
      const container = await docker('create', `${host}/compared:${tag}`);
      const archive = join(folder, `${tag}.tar`);
      await docker('export', '--output', archive, container);
      await docker('rm', container);
      exported.push(await listArchive(archive));
    }

    const { client, signal } = connection;
    const source = new RegistryBlobSource(client, 'compared');
    const sideOf = async (tag: string) => {
      const manifest = await client.getManifest('compared', tag, signal);
      assert.ok(manifest.kind === 'manifest');
      return { layers: manifest.layers, source };
    };
    const compared = await openComparedFiles(await sideOf('before'), await sideOf('after'), {
      indexer: indexes.create(),
      signal,
      readShared: true,
    });
    const told = (await compareFiles(compared, signal)).map(({ kind, path }) => `${kind} ${path}`);
    assert.deepEqual(told, differencesOf(exported[0]!, exported[1]!));
    assert.ok(told.includes('changed /app/first.txt') && told.includes('metadata /app/second.txt'));
    const local = new Docker(
      new DockerRunner(() => ({ program: 'docker', context: '', env: engine().env }), nullLogger),
    );
    const engineConfig = await local.imageConfig(`${host}/compared:after`, signal);
    const manifest = await client.getManifest('compared', 'after', signal);
    assert.ok(manifest.kind === 'manifest');
    const config = parseImageConfig(
      await client.readBlob('compared', manifest.config.digest, MAX_CONFIG_BYTES, signal),
    );
    assert.deepEqual(compareConfigs(config, engineConfig), []);
    assert.deepEqual(
      compareHistories(config.history, engineConfig.history).filter(({ kind }) => kind !== 'same'),
      [],
    );
    assert.deepEqual(engineConfig.diffIds, config.diffIds);
    assert.ok(told.includes('removed /opt/data/deep/a') && told.includes('changed /opt/data/b'));
  });
});

/** By path: `content|mode and owner`. */
async function listArchive(file: string): Promise<ReadonlyMap<string, string>> {
  const entries = new Map<string, string>();
  const contents = new Map<string, string>();
  const archive = createReadStream(file).pipe(extract());
  for await (const entry of archive) {
    const { name, type, linkname, mode, uid, gid } = entry.header;
    const path = `/${name.replace(/\/$/, '')}`;
    const hash = createHash('sha256');
    for await (const chunk of entry) hash.update(chunk as Buffer);
    const content =
      type === 'link' ? contents.get(`/${linkname}`)! : `${type} ${linkname ?? ''} ${hash.digest('hex')}`;
    contents.set(path, content);
    if (!OF_THE_ENGINE.test(path))
      entries.set(path, `${content}|${type === 'symlink' ? '' : mode} ${uid} ${gid}`);
  }
  return entries;
}

function differencesOf(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort((a, b) => (a < b ? -1 : 1));
  return paths.flatMap((path) => {
    const [left, right] = [before.get(path), after.get(path)];
    if (left === right) return [];
    if (left === undefined) return [`added ${path}`];
    if (right === undefined) return [`removed ${path}`];
    return [`${left.split('|')[0] === right.split('|')[0] ? 'metadata' : 'changed'} ${path}`];
  });
}
