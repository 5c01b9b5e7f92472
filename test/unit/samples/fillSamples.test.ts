import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildLayer } from '../../../scripts/samples/buildImage.ts';
import { fillSamples, NIGHTLY_REPOSITORY, WEB_APP_REPOSITORY } from '../../../scripts/samples/fillSamples.ts';
import { buildWebApp, WEB_APP_VERSIONS } from '../../../scripts/samples/webApp.ts';
import { nullLogger } from '../../../src/core/common/Logger.ts';
import { createEndpoint } from '../../../src/core/registry/parseRegistryUrl.ts';
import { RegistryClient } from '../../../src/core/registry/RegistryClient.ts';
import { Transport } from '../../../src/core/registry/transport/Transport.ts';
import { startDistribution } from '../../support/servers/distribution.ts';
import { findTool } from '../../support/tools.ts';

const signal = new AbortController().signal;

describe('fillSamples', function () {
  this.timeout(120_000);

  it('fills a registry once with what it promises, readable by other tools', async () => {
    await using server = await startDistribution();
    const endpoint = createEndpoint(server.url, 'api');
    const transport = new Transport({
      endpoint,
      tls: {},
      proxy: { strictProxyTls: true, noProxy: '*' },
      credentials: { get: () => Promise.resolve(undefined) },
      logger: nullLogger,
      userAgent: 'berth-test',
    });
    try {
      const client = new RegistryClient(endpoint, transport, nullLogger);
      assert.equal(await fillSamples(client, signal), true);
      assert.equal(await fillSamples(client, signal), false, 'the second time there is nothing to do');

      const { items: repositories } = await client.listRepositories(undefined, 1000, signal);
      assert.equal(repositories.filter((name) => /\/service-\d{3}$/.test(name)).length, 120);
      assert.ok(['charts/web-app', 'samples/scan-report'].every((name) => repositories.includes(name)));
      assert.equal((await client.listTags(NIGHTLY_REPOSITORY, undefined, 1000, signal)).items.length, 300);

      const heads = await Promise.all(
        ['v2.0.0', 'v2', 'latest'].map((tag) => client.headManifest(WEB_APP_REPOSITORY, tag, signal)),
      );
      const { digest } = buildWebApp(WEB_APP_VERSIONS.at(-1)!).descriptor;
      assert.deepEqual(
        heads.map((head) => head?.digest),
        [digest, digest, digest],
      );
      const { referrers } = await client.listReferrers(WEB_APP_REPOSITORY, digest, signal);
      assert.deepEqual(
        referrers.map(({ artifactType }) => artifactType),
        ['application/spdx+json'],
      );
      const { stdout } = await promisify(execFile)(findTool('skopeo'), [
        'inspect',
        '--tls-verify=false',
        '--override-arch=arm64',
        `docker://${server.host}/${WEB_APP_REPOSITORY}:v1.10.0`,
      ]);
      const inspected = JSON.parse(stdout) as { Architecture: string; Layers: string[]; Env: string[] };
      assert.equal(inspected.Architecture, 'arm64');
      assert.equal(inspected.Layers.length, 7);
      assert.ok(inspected.Env.includes('APP_VERSION=1.10.0'));
    } finally {
      await transport.dispose();
    }
  });

  it('builds layers that tar reads, with modes, links and long paths', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'berth-layer-'));
    try {
      const longPath = `${'deep/'.repeat(25)}file.txt`;
      const layer = buildLayer([
        { path: 'bin/' },
        { path: 'bin/tool', mode: 0o755, content: '#!/bin/sh\n' },
        { path: 'bin/alias', linkTo: 'tool' },
        { path: longPath, content: 'x' },
      ]);
      const file = join(folder, 'layer.tar.gz');
      await writeFile(file, layer.bytes);
      const { stdout } = await promisify(execFile)('tar', ['-tvzf', file]);
      assert.match(stdout, /drwxr-xr-x .* bin\/\n/);
      assert.match(stdout, /-rwxr-xr-x .* 10 .* bin\/tool\n/);
      assert.match(stdout, /lrwxrwxrwx .* bin\/alias -> tool\n/);
      assert.ok(stdout.includes(longPath));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('builds the same bytes every time', () => {
    const [first, second] = [buildWebApp(WEB_APP_VERSIONS[0]!), buildWebApp(WEB_APP_VERSIONS[0]!)];
    assert.equal(first.descriptor.digest, second.descriptor.digest);
  });
});
