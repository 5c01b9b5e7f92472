import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BuildKitPlainProgress } from '../../../../src/core/docker/progress/BuildKitPlainProgress.ts';
import { ClassicBuildProgress } from '../../../../src/core/docker/progress/ClassicBuildProgress.ts';
import { OutputLines } from '../../../../src/core/docker/progress/OutputLines.ts';
import type { ProgressParser } from '../../../../src/core/docker/progress/ProgressEvent.ts';
import { PullProgress } from '../../../../src/core/docker/progress/PullProgress.ts';
import { PushProgress } from '../../../../src/core/docker/progress/PushProgress.ts';
import { RawJsonProgress } from '../../../../src/core/docker/progress/RawJsonProgress.ts';
import { cutsOf, parseAll, readRecording } from '../recording.ts';

const CASES: readonly (readonly [recording: string, create: () => ProgressParser])[] = [
  ['classic-28-cold.txt', () => new ClassicBuildProgress()],
  ['buildkit-20-cold.txt', () => new BuildKitPlainProgress()],
  ['buildx-plain-Failing.txt', () => new BuildKitPlainProgress()],
  ['buildx-rawjson-cold.txt', () => new RawJsonProgress()],
  ['push-28-all-tags.txt', () => new PushProgress()],
  ['pull-28.txt', () => new PullProgress()],
  ['classic-28-cold.txt', () => new OutputLines()],
];

describe('progress parsers', () => {
  for (const [recording, create] of CASES) {
    it(`${create().constructor.name} gives the same events wherever ${recording} is cut`, () => {
      const text = readRecording(recording);
      const whole = parseAll(create(), text);
      assert.ok(whole.length > 3);
      fc.assert(
        fc.property(cutsOf(text), (cuts) => {
          assert.deepEqual(parseAll(create(), text, cuts), whole);
        }),
        { numRuns: 60 },
      );
    });

    it(`${create().constructor.name} takes any text without failing, and shows no control characters`, () => {
      fc.assert(
        fc.property(
          fc.array(
            fc.oneof(
              fc.string({ unit: 'binary' }),
              fc.constantFrom('#1 ', '{"logs":[', '\u001b[31m', '\r\n'),
            ),
          ),
          (pieces) => {
            for (const event of parseAll(create(), pieces.join(''))) {
              const shown = event.kind === 'log' ? event.text : event.kind === 'step' ? event.name : '';
              assert.doesNotMatch(shown, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
            }
          },
        ),
      );
    });
  }

  it('keeps lines of stdout and stderr apart when their chunks alternate', () => {
    const parser = new OutputLines();
    const events = [
      parser.push('one ', 'stdout'),
      parser.push('two\n', 'stderr'),
      parser.push('three\n', 'stdout'),
    ];
    assert.deepEqual(
      events.flat().map((event) => event.kind === 'log' && event.text),
      ['two\n', 'one three\n'],
    );
  });

  it('takes the last drawing of a line that was redrawn', () => {
    assert.deepEqual(parseAll(new OutputLines(), '10%\r50%\r100%\r\n'), [{ kind: 'log', text: '100%\n' }]);
  });
});
