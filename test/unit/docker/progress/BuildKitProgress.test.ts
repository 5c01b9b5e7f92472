import assert from 'node:assert/strict';
import { BuildKitPlainProgress } from '../../../../src/core/docker/progress/BuildKitPlainProgress.ts';
import { formatProgressEvent } from '../../../../src/core/docker/progress/formatProgressEvent.ts';
import type { ProgressParser } from '../../../../src/core/docker/progress/ProgressEvent.ts';
import { RawJsonProgress } from '../../../../src/core/docker/progress/RawJsonProgress.ts';
import { endedSteps, parseAll, readRecording } from '../recording.ts';

const STYLES: readonly (readonly [prefix: string, create: () => ProgressParser])[] = [
  ['buildkit-20', () => new BuildKitPlainProgress()],
  ['buildx-plain', () => new BuildKitPlainProgress()],
  ['buildx-rawjson', () => new RawJsonProgress()],
];

for (const [prefix, create] of STYLES) {
  describe(`${create().constructor.name} on ${prefix}`, () => {
    const parse = (name: string) => parseAll(create(), readRecording(`${prefix}-${name}.txt`));

    it('reports the steps of a fresh build with stage, position and time', () => {
      const events = parse('cold');
      const numbered = events.filter(
        (event) => event.kind === 'step' && event.index !== undefined && event.state === 'done',
      );
      assert.deepEqual(
        numbered.map(
          (event) =>
            event.kind === 'step' &&
            `${event.stage} ${event.index}/${event.total} ${event.name.split(' ')[0]}`,
        ),
        ['base 1/2 COPY', 'base 2/2 RUN', 'tools 1/1 RUN', 'stage-2 1/2 COPY', 'stage-2 2/2 RUN'],
      );
      const slow = numbered[2];
      assert.ok(slow?.kind === 'step' && slow.durationMs! >= 300 && slow.durationMs! < 60_000);
      assert.ok(endedSteps(events).includes('exporting to image: done'));
    });

    it('tells cached steps from built ones', () => {
      assert.equal(endedSteps(parse('cached')).filter((step) => step.endsWith(': cached')).length, 5);
    });

    it('names the image that was built', () => {
      const images = parse('cold').filter((event) => event.kind === 'image');
      assert.equal(images.length, 1);
      assert.match(images[0]!.id, /^sha256:[0-9a-f]{64}$/);
    });

    it('attributes output to its step', () => {
      const events = parse('cold');
      const step = events.find(
        (event) => event.kind === 'step' && event.name.startsWith('RUN echo "line one"'),
      );
      assert.ok(step?.kind === 'step');
      assert.ok(
        events.some(
          (event) => event.kind === 'log' && event.stepId === step.id && event.text.includes('line two ü'),
        ),
      );
    });

    it('ends the step that failed with what the builder says', () => {
      const failed = parse('Failing').find((event) => event.kind === 'step' && event.state === 'error');
      assert.ok(failed?.kind === 'step');
      assert.match(failed.name, /^RUN /);
      assert.match(failed.error!, /exit code: 3$/);
    });
  });
}

describe('BuildKitPlainProgress', () => {
  it('follows the layers of a base image and the digest of a push', () => {
    const digest = `sha256:${'ab'.repeat(32)}`;
    const events = parseAll(
      new BuildKitPlainProgress(),
      [
        '#5 [1/1] FROM docker.io/library/alpine:3',
        `#5 ${digest} 1.05MB / 3.2MB 0.3s`,
        '#5 ...',
        '#5 [1/1] FROM docker.io/library/alpine:3',
        `#5 extracting ${digest} 0.2s done`,
        '#8 exporting to image',
        `#8 pushing manifest for localhost:5000/a/b:v1@${digest} 0.1s done`,
      ].join('\n'),
    );
    assert.deepEqual(
      events.filter((event) => event.kind === 'layer' || event.kind === 'digest'),
      [
        { kind: 'layer', id: 'abababababab', state: 'downloading', current: 1_050_000, total: 3_200_000 },
        { kind: 'layer', id: 'abababababab', state: 'pulled' },
        { kind: 'digest', digest, tag: 'v1' },
      ],
    );
  });
});

describe('RawJsonProgress', () => {
  it('joins a character that two log records share', () => {
    const bytes = Buffer.from('ü\n');
    const record = (part: Buffer) =>
      `${JSON.stringify({ logs: [{ vertex: 'v', data: part.toString('base64') }] })}\n`;
    const events = parseAll(new RawJsonProgress(), record(bytes.subarray(0, 1)) + record(bytes.subarray(1)));
    assert.deepEqual(events, [{ kind: 'log', text: 'ü\n', stepId: '1' }]);
  });

  it('hands on what is no JSON, such as the final error', () => {
    const events = parseAll(new RawJsonProgress(), readRecording('buildx-rawjson-Failing.txt'));
    assert.ok(
      events.some((event) => event.kind === 'log' && event.text.startsWith('ERROR: failed to build')),
    );
  });

  it('reads, written out, as plain progress does', () => {
    const text = parseAll(new RawJsonProgress(), readRecording('buildx-rawjson-cold.txt'))
      .map(formatProgressEvent)
      .join('');
    assert.match(text, /^#4 \[base 1\/2\] COPY busybox \/bin\/busybox\n#4 DONE 0\.\ds$/m);
    assert.match(text, /^#6 to stderr$/m);
    assert.doesNotMatch(text, /"vertexes"/);
  });
});
