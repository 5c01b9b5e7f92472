import assert from 'node:assert/strict';
import { parseLayerLine } from '../../../../src/core/docker/progress/layerLine.ts';
import { ProgressSummary } from '../../../../src/core/docker/progress/ProgressSummary.ts';
import { PullProgress } from '../../../../src/core/docker/progress/PullProgress.ts';
import { PushProgress } from '../../../../src/core/docker/progress/PushProgress.ts';
import { parseAll, readRecording } from '../recording.ts';

const DIGEST = 'sha256:d6a1f2c7165bb918df9c4d37c7b016ea3dff4fc7396fa33bfd5422f4202ce6e8';

function summarize(recording: string) {
  const summary = new ProgressSummary();
  const direction = recording.startsWith('push') ? new PushProgress() : new PullProgress();
  summary.push(parseAll(direction, readRecording(recording)));
  return summary.summarize();
}

describe('PushProgress', () => {
  it('counts the layers of a first push and gives the digest', () => {
    const { layers, digest, sizeInBytes, fraction } = summarize('push-28.txt');
    assert.deepEqual(layers, { done: 4, total: 4, reused: 0 });
    assert.deepEqual([digest, sizeInBytes, fraction], [DIGEST, 1154, 1]);
  });

  it('knows layers that were there already', () => {
    assert.deepEqual(summarize('push-28-again.txt').layers, { done: 4, total: 4, reused: 4 });
  });

  for (const [recording, from] of [
    ['push-28-mounted.txt', 'team/app'],
    ['push-20.txt', 'other/app'],
  ] as const) {
    it(`knows where layers were mounted from (${recording})`, () => {
      const mounted = parseAll(new PushProgress(), readRecording(recording)).filter(
        (event) => event.kind === 'layer' && event.state === 'mounted',
      );
      assert.equal(mounted.length, 4);
      assert.ok(mounted.every((event) => event.kind === 'layer' && event.from === from));
    });
  }

  it('gives a digest for each tag of a push of several', () => {
    const tags = parseAll(new PushProgress(), readRecording('push-28-all-tags.txt')).flatMap((event) =>
      event.kind === 'digest' ? [event.tag] : [],
    );
    assert.deepEqual(tags, ['1', '2']);
  });

  it('reads bytes where the client prints them', () => {
    assert.deepEqual(parseLayerLine('8d0f32e7306a: Pushing [=====>     ]  1.5MB/3.2MB'), {
      kind: 'layer',
      id: '8d0f32e7306a',
      state: 'pushing',
      current: 1_500_000,
      total: 3_200_000,
    });
  });

  it('counts layers while the push runs', () => {
    const summary = new ProgressSummary();
    const parser = new PushProgress();
    summary.push(parser.push('8d0f32e7306a: Preparing\ncdecdd28f882: Preparing\n543535ecc742: Waiting\n'));
    summary.push(parser.push('8d0f32e7306a: Pushed\ncdecdd28f882: Layer already exists\n'));
    assert.deepEqual(summary.summarize(), { layers: { done: 2, total: 3, reused: 1 }, fraction: 2 / 3 });
  });

  it('follows Podman, which says once at the end that all is there', () => {
    assert.deepEqual(summarize('push-podman-4.txt').layers, { done: 2, total: 2, reused: 0 });
    const parser = new PushProgress();
    const summary = new ProgressSummary();
    summary.push(
      parser.push('Copying blob sha256:cdecdd28f882aa skipped: already exists\nCopying blob 8d0f32e7306a\n'),
    );
    assert.deepEqual(summary.summarize().layers, { done: 1, total: 2, reused: 1 });
  });
});

describe('PullProgress', () => {
  it('counts the layers of a first pull and gives the digest', () => {
    const { layers, digest } = summarize('pull-28.txt');
    assert.deepEqual(layers, { done: 4, total: 4, reused: 0 });
    assert.equal(digest, DIGEST);
  });

  it('gives the digest of an image that was up to date', () => {
    assert.deepEqual(summarize('pull-28-again.txt'), { digest: DIGEST });
  });
});
