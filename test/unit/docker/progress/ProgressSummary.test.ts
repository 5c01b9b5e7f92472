import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BuildKitPlainProgress } from '../../../../src/core/docker/progress/BuildKitPlainProgress.ts';
import { ClassicBuildProgress } from '../../../../src/core/docker/progress/ClassicBuildProgress.ts';
import { ProgressSummary } from '../../../../src/core/docker/progress/ProgressSummary.ts';
import { cutsOf, parseAll, readRecording } from '../recording.ts';

describe('ProgressSummary', () => {
  it('says which step of the Dockerfile runs', () => {
    const summary = new ProgressSummary();
    summary.push(new ClassicBuildProgress().push('Step 1/3 : FROM scratch\n ---> \nStep 2/3 : COPY a b\n'));
    assert.deepEqual(summary.summarize().steps, {
      done: 1,
      total: 3,
      cached: 0,
      current: { name: 'COPY a b', index: 2, total: 3 },
    });
  });

  it('counts what each stage of BuildKit announces, before its steps have started', () => {
    const summary = new ProgressSummary();
    summary.push(
      parseAll(
        new BuildKitPlainProgress(),
        '#1 [internal] load build context\n#1 DONE 0.0s\n#2 [base 1/5] COPY a b\n',
      ),
    );
    const { done, total } = summary.summarize().steps!;
    assert.deepEqual([done, total], [1, 6]);
  });

  it('names the step that failed and why', () => {
    const summary = new ProgressSummary();
    summary.push(parseAll(new BuildKitPlainProgress(), readRecording('buildx-plain-Failing.txt')));
    assert.match(summary.summarize().steps!.failed!.error, /exit code: 3/);
  });

  it('never falls back and never exceeds the whole', () => {
    const text = readRecording('buildkit-20-cold.txt');
    fc.assert(
      fc.property(cutsOf(text), (cuts) => {
        const summary = new ProgressSummary();
        const parser = new BuildKitPlainProgress();
        let last = 0;
        for (const end of [...cuts].sort((a, b) => a - b)) {
          summary.push(parser.push(text.slice(0, end).slice(last)));
          const before = summary.summarize().fraction ?? 0;
          last = end;
          const now = summary.summarize().fraction ?? 0;
          assert.ok(now >= before && now <= 1);
        }
      }),
    );
  });

  it('tells a change worth showing from mere output', () => {
    const summary = new ProgressSummary();
    assert.equal(summary.push([{ kind: 'log', text: 'x\n' }]), false);
    assert.equal(summary.push([{ kind: 'image', id: 'abc' }]), true);
  });
});
