import assert from 'node:assert/strict';
import { isCoreError } from '../../../../src/core/common/CoreError.ts';
import { buildxFeaturesCommand } from '../../../../src/core/docker/commands/buildxFeaturesCommand.ts';
import { buildxLsCommand } from '../../../../src/core/docker/commands/buildxLsCommand.ts';
import { containerInspectCommand } from '../../../../src/core/docker/commands/containerInspectCommand.ts';
import { contextLsCommand } from '../../../../src/core/docker/commands/contextLsCommand.ts';
import { imageInspectCommand } from '../../../../src/core/docker/commands/imageInspectCommand.ts';
import { imagePruneCommand } from '../../../../src/core/docker/commands/imagePruneCommand.ts';
import { imagesCommand } from '../../../../src/core/docker/commands/imagesCommand.ts';
import { infoCommand } from '../../../../src/core/docker/commands/infoCommand.ts';
import { psCommand } from '../../../../src/core/docker/commands/psCommand.ts';
import { versionCommand } from '../../../../src/core/docker/commands/versionCommand.ts';
import { parseBuildMetadata } from '../../../../src/core/docker/parseBuildMetadata.ts';
import { parseSize } from '../../../../src/core/docker/progress/parseSize.ts';
import { readRecording } from '../recording.ts';

describe('versionCommand', () => {
  it('knows client, engine and context of docker', () => {
    const { clientVersion, serverApiVersion, serverOs, context, isPodman } = versionCommand().parse(
      readRecording('version-28.out'),
      '',
    );
    assert.deepEqual(
      [clientVersion, serverApiVersion, serverOs, context, isPodman],
      ['28.2.2', '1.41', 'linux', 'default', false],
    );
  });

  it('knows Podman, which may have no engine of its own', () => {
    const stdout = JSON.stringify({
      Client: { APIVersion: '4.3.1', Version: '4.3.1', OsArch: 'linux/amd64' },
    });
    assert.deepEqual(versionCommand().parse(stdout, ''), { clientVersion: '4.3.1', isPodman: true });
  });

  it('says when the output is something else', () => {
    for (const stdout of ['', 'Docker version 1.0', '{}', '[1]']) {
      assert.throws(
        () => versionCommand().parse(stdout, ''),
        (error) => isCoreError(error, 'dockerFailed') && error.details.reason === 'unreadableOutput',
      );
    }
  });
});

describe('infoCommand', () => {
  it('knows the engine and its image store', () => {
    const info = infoCommand().parse(readRecording('info-28.out'), '');
    assert.deepEqual([info.os, info.hasContainerdImageStore, info.insecureRegistries], ['linux', false, []]);
    const containerd = JSON.stringify({
      OSType: 'linux',
      DriverStatus: [['driver-type', 'io.containerd.snapshotter.v1']],
    });
    assert.equal(infoCommand().parse(containerd, '').hasContainerdImageStore, true);
  });
});

describe('imagesCommand', () => {
  for (const client of ['20', '28']) {
    it(`lists an entry a tag, with the other names of the same image (client ${client})`, () => {
      const images = imagesCommand().parse(readRecording(`images-${client}.out`), '');
      const app = images.filter((image) => image.repository?.endsWith('/app'));
      assert.equal(app.length, 2);
      for (const image of app) {
        assert.deepEqual([...image.references].sort(), [
          '127.0.0.1:32768/team/app:1',
          '127.0.0.1:32768/twenty/app:1',
        ]);
        assert.match(image.digest ?? '', /^sha256:d6a1f2c7/);
        assert.equal(image.createdAt?.toISOString(), '2026-11-23T18:32:36.000Z');
        assert.equal(image.sizeInBytes, 5_131_000);
      }
    });
  }

  it('sets dangling images apart', () => {
    const dangling = imagesCommand()
      .parse(readRecording('images-28.out'), '')
      .filter((image) => image.dangling);
    assert.ok(dangling.length > 0);
    assert.ok(dangling.every((image) => image.reference === undefined && image.references.length === 0));
  });

  it('names an image pulled by digest by its digest', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const [image] = imagesCommand().parse(
      JSON.stringify({ ID: 'sha256:1', Repository: 'a', Tag: '<none>', Digest: digest }),
      '',
    );
    assert.deepEqual([image?.reference, image?.dangling, image?.tag], [`a@${digest}`, false, undefined]);
  });

  it('lists a tag with several digests once', () => {
    const row = (digit: string) =>
      JSON.stringify({ ID: 'sha256:1', Repository: 'a', Tag: '1', Digest: `sha256:${digit.repeat(64)}` });
    assert.equal(imagesCommand().parse(`${row('a')}\n${row('b')}\n`, '').length, 1);
  });

  it('reads Podman, which repeats an image with all its names', () => {
    const images = imagesCommand().parse(readRecording('images-podman-4.out'), '');
    const names = ['127.0.0.1:5/team/app:1', 'localhost/x:2'];
    const named = images.filter((image) => !image.dangling);
    assert.deepEqual(named.map((image) => image.reference).sort(), names);
    const app = named.find((image) => image.repository === '127.0.0.1:5/team/app');
    assert.deepEqual([...app!.references].sort(), names);
    assert.deepEqual([app?.tag, app?.sizeInBytes, app?.createdAt?.getUTCFullYear()], ['1', 1_985_777, 2026]);
    assert.match(app!.id, /^sha256:[0-9a-f]{64}$/);
  });

  it('skips lines that are no JSON', () => {
    assert.equal(
      imagesCommand().parse('WARNING: cgroups\n{"ID":"sha256:1","Repository":"a","Tag":"1"}\n', '').length,
      1,
    );
  });
});

describe('imageInspectCommand', () => {
  it('gives names, platform, size and labels', () => {
    const details = imageInspectCommand('x').parse(readRecording('image-inspect-28.out'), '');
    assert.equal(details.tags.length, 2);
    assert.deepEqual([details.os, details.architecture, details.sizeInBytes], ['linux', 'amd64', 5_131_206]);
    assert.deepEqual(details.labels, { 'org.opencontainers.image.title': 'berth sample' });
  });
});

describe('imagePruneCommand', () => {
  it('tells what went and how much came free', () => {
    const stdout =
      'Deleted Images:\nuntagged: a@sha256:1\ndeleted: sha256:2\ndeleted: sha256:3\n\nTotal reclaimed space: 1.5kB\n';
    assert.deepEqual(imagePruneCommand().parse(stdout, ''), {
      untagged: ['a@sha256:1'],
      deleted: ['sha256:2', 'sha256:3'],
      reclaimedBytes: 1500,
    });
  });
});

describe('containers', () => {
  it('inspect gives state, ports in use and volumes', () => {
    const container = containerInspectCommand('x').parse(readRecording('container-inspect-28.out'), '');
    assert.deepEqual(
      [container.name, container.image, container.state],
      ['berth-record', 'registry:2', 'running'],
    );
    assert.deepEqual(container.ports, [
      { containerPort: '5000/tcp', hostAddress: '127.0.0.1', hostPort: 32768 },
    ]);
    assert.equal(container.volumes[0]?.destination, '/var/lib/registry');
  });

  it('ps gives every container', () => {
    const states = psCommand()
      .parse(readRecording('ps-28.out'), '')
      .map((container) => `${container.names.join()} ${container.state}`);
    assert.deepEqual(states, ['berth-record running', 'exciting_darwin exited']);
  });
});

describe('buildxLsCommand', () => {
  const builder = {
    name: 'default',
    driver: 'docker',
    isCurrent: true,
    nodes: [
      { name: 'default', endpoint: 'default', status: 'running', platforms: ['linux/amd64', 'linux/386'] },
    ],
  };

  it('reads JSON', () => {
    assert.deepEqual(buildxLsCommand('json').parse(readRecording('buildx-ls-json.out'), ''), [builder]);
  });

  it('reads the table of today', () => {
    assert.deepEqual(buildxLsCommand('table').parse(readRecording('buildx-ls-text.out'), ''), [builder]);
  });

  it('reads the table of older versions, with several builders and broken nodes', () => {
    const table = [
      'NAME/NODE       DRIVER/ENDPOINT             STATUS   BUILDKIT PLATFORMS',
      'farm *          docker-container                              ',
      '  farm0         unix:///var/run/docker.sock running  v0.11.6  linux/amd64*, linux/arm64',
      '  farm1         ssh://me@host               inactive          ',
      'default         docker                                        ',
      '  default       default                     running  20.10.24 linux/amd64',
      '',
    ].join('\n');
    const builders = buildxLsCommand('table').parse(table, '');
    assert.deepEqual(
      builders.map(({ name, driver, isCurrent, nodes }) => [
        name,
        driver,
        isCurrent,
        nodes.map((node) => `${node.name} ${node.endpoint} ${node.status} ${node.platforms.join()}`),
      ]),
      [
        [
          'farm',
          'docker-container',
          true,
          [
            'farm0 unix:///var/run/docker.sock running linux/amd64,linux/arm64',
            'farm1 ssh://me@host inactive ',
          ],
        ],
        ['default', 'docker', false, ['default default running linux/amd64']],
      ],
    );
  });
});

describe('buildxFeaturesCommand', () => {
  it('is undefined where docker prints its own help instead', () => {
    assert.equal(buildxFeaturesCommand().parse('Usage:  docker [OPTIONS] COMMAND\n', ''), undefined);
  });
});

describe('contextLsCommand', () => {
  it('reads docker contexts', () => {
    const [context] = contextLsCommand('docker').parse(readRecording('context-ls-28.out'), '');
    assert.deepEqual(
      [context?.name, context?.isCurrent, context?.endpoint],
      ['default', true, 'unix:///tmp/dk/docker.sock'],
    );
  });

  it('reads the connections of Podman', () => {
    const stdout = JSON.stringify([{ Name: 'vm', URI: 'ssh://core@host/run/podman.sock', Default: true }]);
    assert.deepEqual(contextLsCommand('podman').parse(stdout, ''), [
      { name: 'vm', description: '', endpoint: 'ssh://core@host/run/podman.sock', isCurrent: true },
    ]);
  });
});

describe('parseBuildMetadata', () => {
  it('gives the digests buildx wrote', () => {
    assert.match(
      parseBuildMetadata(readRecording('buildx-rawjson-metadata.json')).digest ?? '',
      /^sha256:bd2bbac3/,
    );
  });

  it('is empty for anything else', () => {
    for (const json of ['', '[]', '{"containerimage.digest":"../x"}', 'null'])
      assert.deepEqual(parseBuildMetadata(json), {});
  });
});

describe('parseSize', () => {
  for (const [text, bytes] of [
    ['538B', 538],
    ['1.982MB', 1_982_000],
    ['1.5kB', 1500],
    ['3.2 GB', 3_200_000_000],
    ['2KiB', 2048],
    ['0B', 0],
  ] as const) {
    it(`reads ${text}`, () => assert.equal(parseSize(text), bytes));
  }
  it('is undefined for what is no size', () => {
    for (const text of ['', 'N/A', '12 apples', '-1B']) assert.equal(parseSize(text), undefined);
  });
});
