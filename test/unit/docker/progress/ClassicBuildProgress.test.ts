import assert from 'node:assert/strict';
import { ClassicBuildProgress } from '../../../../src/core/docker/progress/ClassicBuildProgress.ts';
import { endedSteps, parseAll, readRecording } from '../recording.ts';

describe('ClassicBuildProgress', () => {
  for (const client of ['20', '28']) {
    it(`reports every step of a fresh build (client ${client}) with its position`, () => {
      const events = parseAll(new ClassicBuildProgress(), readRecording(`classic-${client}-cold.txt`));
      const steps = events.filter((event) => event.kind === 'step');
      assert.equal(endedSteps(events).length, 12);
      assert.ok(endedSteps(events).every((step) => step.endsWith(': done')));
      assert.deepEqual(steps[0], {
        kind: 'step',
        id: '1',
        index: 1,
        total: 12,
        name: 'FROM scratch AS base',
        state: 'running',
      });
      assert.match(steps.at(-1)!.name, /^CMD /);
    });
  }

  it('tells cached steps from built ones', () => {
    const ended = endedSteps(parseAll(new ClassicBuildProgress(), readRecording('classic-28-cached.txt')));
    assert.equal(ended.filter((step) => step.endsWith(': cached')).length, 9);
    assert.equal(ended[0], 'FROM scratch AS base: done');
  });

  it('names the image that was built', () => {
    const events = parseAll(new ClassicBuildProgress(), readRecording('classic-28-cold.txt'));
    const image = events.find((event) => event.kind === 'image');
    assert.match(image?.id ?? '', /^[0-9a-f]{12}$/);
  });

  it('attributes output to its step, without colours', () => {
    const events = parseAll(new ClassicBuildProgress(), readRecording('classic-28-cold.txt'));
    const log = events.filter((event) => event.kind === 'log');
    assert.ok(log.some((event) => event.text === 'line two ü\n' && event.stepId === '10'));
    assert.ok(log.some((event) => event.text === 'to stderr\n' && event.stepId === '6'));
  });

  for (const [file, step, error] of [
    ['Failing', /^RUN .*exit 3"\]: error$/, /returned a non-zero code: 3$/],
    ['Missing', /^COPY missing \/missing: error$/, /^COPY failed: /],
  ] as const) {
    it(`ends the step that failed with what the builder says (${file})`, () => {
      const events = parseAll(new ClassicBuildProgress(), readRecording(`classic-28-${file}.txt`));
      assert.match(endedSteps(events).at(-1)!, step);
      const failed = events.find((event) => event.kind === 'step' && event.state === 'error');
      assert.match(failed?.kind === 'step' ? (failed.error ?? '') : '', error);
    });
  }

  for (const [recording, states] of [
    ['cold', ['done', 'done', 'done']],
    ['cached', ['done', 'cached', 'cached']],
  ] as const) {
    it(`follows Podman (${recording})`, () => {
      const events = parseAll(new ClassicBuildProgress(), readRecording(`classic-podman-4-${recording}.txt`));
      assert.deepEqual(
        endedSteps(events).map((step) => step.split(': ').at(-1)),
        states,
      );
      assert.match(events.find((event) => event.kind === 'image')?.id ?? '', /^sha256:[0-9a-f]{64}$/);
    });
  }
});
