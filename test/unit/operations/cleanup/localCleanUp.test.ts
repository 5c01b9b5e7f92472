import assert from 'node:assert/strict';
import { CoreError } from '../../../../src/core/common/CoreError.ts';
import { nullLogger } from '../../../../src/core/common/Logger.ts';
import { Docker } from '../../../../src/core/docker/Docker.ts';
import { DockerRunner } from '../../../../src/core/docker/DockerRunner.ts';
import type { LocalImage } from '../../../../src/core/docker/LocalImage.ts';
import {
  decideLocalImages,
  removeLocalImages,
} from '../../../../src/core/operations/cleanup/localCleanUp.ts';
import type { LocalImageRules } from '../../../../src/core/operations/cleanup/localCleanUp.ts';
import { busyboxDockerfile, useDockerEngine, writeBuildContext } from '../../../support/dockerEngine.ts';
import { daysAgo, NOW } from './cleanUpFixture.ts';

const signal = new AbortController().signal;

function image(
  name: string | undefined,
  days: number | undefined,
  id = `sha256:${name ?? 'none'}`,
): LocalImage {
  return {
    id,
    references: name === undefined ? [] : [name],
    dangling: name === undefined,
    ...(name !== undefined && { reference: name }),
    ...(days !== undefined && { createdAt: daysAgo(days) }),
  };
}

describe('decideLocalImages', () => {
  const images = [
    image('localhost:5000/app:1', 40),
    image('localhost:5000/app:2', 3),
    image('alpine:3', 400),
    image('undated:1', undefined),
    image(undefined, 40),
  ];
  for (const [title, rules, expected] of [
    ['dangling ones', { dangling: true }, ['sha256:none']],
    ['old ones that no container uses', { olderThanDays: 30 }, ['localhost:5000/app:1', 'sha256:none']],
    [
      'by pattern, used or not decided later',
      { pattern: 'localhost:5000/*' },
      ['localhost:5000/app:1', 'localhost:5000/app:2'],
    ],
    ['old ones of a pattern', { pattern: 'localhost:5000/*', olderThanDays: 30 }, ['localhost:5000/app:1']],
  ] satisfies [string, LocalImageRules, string[]][]) {
    it(`lets go ${title}`, () => {
      const decisions = decideLocalImages(images, new Set(['sha256:alpine:3']), rules, NOW);
      assert.deepEqual(
        decisions.filter(({ action }) => action === 'delete').map(({ name }) => name),
        expected,
      );
    });
  }

  it('says why the others stay', () => {
    const decisions = decideLocalImages(images, new Set(['sha256:alpine:3']), { olderThanDays: 30 }, NOW);
    assert.deepEqual(
      decisions.filter(({ action }) => action === 'keep').map(({ name, reason }) => `${name} ${reason}`),
      ['localhost:5000/app:2 noRule', 'alpine:3 used', 'undated:1 ageUnknown'],
    );
  });
});

describe('removeLocalImages', function () {
  this.timeout(60_000);
  const prefix = `berth-clean-${process.pid}`;

  // Before the engine's own hooks: it must still run.
  after('remove what is left', async () => {
    const { docker } = engine();
    await docker('rm', '--force', prefix).catch(() => undefined);
    const left = await docker('images', '--quiet', '--filter', `reference=${prefix}/*`);
    if (left !== '') await docker('rmi', '--force', ...new Set(left.split('\n'))).catch(() => undefined);
  });

  const engine = useDockerEngine();

  it('removes what it may, and says of an image in use that it stays', async () => {
    const { docker: run, env, folder } = engine();
    const context = await writeBuildContext(`${folder}/clean`, busyboxDockerfile('LABEL clean=1'));
    await run('build', '--quiet', '--tag', `${prefix}/app:1`, '--tag', `${prefix}/app:2`, context);
    const other = await writeBuildContext(`${folder}/clean-used`, busyboxDockerfile('LABEL clean=2'));
    await run('build', '--quiet', '--tag', `${prefix}/used:1`, other);
    await run('create', '--name', prefix, `${prefix}/used:1`);
    const docker = new Docker(new DockerRunner(() => ({ program: 'docker', context: '', env }), nullLogger));

    const used = await docker.containers.usedImages(signal);
    const all = await docker.images(signal);
    const { id } = all.find(({ reference }) => reference === `${prefix}/used:1`)!;
    assert.ok(used.has(id));
    const removals = await removeLocalImages(
      docker,
      [`${prefix}/app:1`, `${prefix}/used:1`, `${prefix}/gone:1`],
      { signal },
    );
    assert.deepEqual(
      removals.map(({ name, error }) => [name, error?.details.reason]),
      [
        [`${prefix}/app:1`, undefined],
        [`${prefix}/used:1`, 'imageInUse'],
        [`${prefix}/gone:1`, undefined],
      ],
    );
    const left = (await docker.images(signal)).flatMap(({ reference }) => reference ?? []);
    assert.ok(left.includes(`${prefix}/app:2`), 'another name of the same image stays');
    assert.ok(!left.includes(`${prefix}/app:1`));
  });

  it('tries an image that others are built on again when those are gone', async () => {
    const gone = new Set<string>();
    const docker: Pick<Docker, 'remove'> = {
      remove: async ([name]) => {
        if (name === 'base' && !gone.has('child'))
          throw new CoreError('conflict', 'has children', { reason: 'imageHasChildren' });
        gone.add(name!);
        return { untagged: [], deleted: [name!] };
      },
    };
    assert.deepEqual(await removeLocalImages(docker, ['base', 'child'], { signal }), [
      { name: 'base' },
      { name: 'child' },
    ]);
  });
});
