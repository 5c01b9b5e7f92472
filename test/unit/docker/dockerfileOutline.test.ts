import * as assert from 'node:assert/strict';
import { parseDockerfileOutline } from '../../../src/core/docker/dockerfileOutline.ts';

describe('parseDockerfileOutline', () => {
  const stagesOf = (text: string) => parseDockerfileOutline(text).stages;
  const argsOf = (text: string) => parseDockerfileOutline(text).args;

  it('names the stages in order, whatever the case of the words', () => {
    const text = 'FROM --platform=$BUILDPLATFORM golang:1.24 AS build\nfrom scratch as Final\nFROM build\n';
    assert.deepEqual(stagesOf(text), ['build', 'Final']);
  });

  it('lists each argument once, with its first default', () => {
    assert.deepEqual(
      argsOf('ARG VERSION\nFROM a\nARG VERSION=1.0\nARG VERSION=2.0\nARG A=1 B="two words" C=\'x\''),
      [
        { name: 'VERSION', defaultValue: '1.0' },
        { name: 'A', defaultValue: '1' },
        { name: 'B', defaultValue: 'two words' },
        { name: 'C', defaultValue: 'x' },
      ],
    );
  });

  it('joins continued lines over comments, with the escape the file chooses', () => {
    assert.deepEqual(argsOf('ARG A=1 \\\n  # why\n\n  B=2\n'), [
      { name: 'A', defaultValue: '1' },
      { name: 'B', defaultValue: '2' },
    ]);
    assert.deepEqual(stagesOf('# escape=`\r\nFROM a `\r\n  AS b\r\n'), ['b']);
  });

  it('sees no instructions in comments, here-documents and commands', () => {
    const text = [
      '# FROM x AS comment',
      'FROM a AS real',
      'RUN <<EOF',
      'FROM b AS inner',
      'EOF',
      'COPY <<-"TWO" /file',
      'ARG HIDDEN=1',
      '\tTWO',
      'RUN echo ARG OTHER=1',
      'ARG SEEN',
    ].join('\n');
    assert.deepEqual(parseDockerfileOutline(text), { stages: ['real'], args: [{ name: 'SEEN' }] });
  });

  it('makes the best of what is no Dockerfile', () => {
    assert.deepEqual(parseDockerfileOutline(''), { stages: [], args: [] });
    assert.deepEqual(parseDockerfileOutline('FROM\nARG\nRUN <<EOF\nARG A'), { stages: [], args: [] });
    assert.deepEqual(parseDockerfileOutline('FROM a \\'), { stages: [], args: [] });
  });
});
