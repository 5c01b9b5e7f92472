import * as assert from 'node:assert/strict';
import { parseDockerfileBases } from '../../../src/core/docker/dockerfileBases.ts';

describe('parseDockerfileBases', () => {
  const references = (text: string) => parseDockerfileBases(text).map(({ reference }) => reference);

  it('names the images that stages begin with, not earlier stages and not scratch', () => {
    const text =
      'FROM golang:1.24 AS Build\nRUN make\nFROM scratch AS empty\nFROM build\nFROM debian@sha256:ab as last';
    assert.deepEqual(parseDockerfileBases(text), [
      { reference: 'golang:1.24', stage: 'Build' },
      { reference: 'debian@sha256:ab', stage: 'last' },
    ]);
  });

  it('fills in the defaults of arguments that stand before the first FROM', () => {
    const text = [
      'ARG VERSION=1.2',
      'ARG TAG=${VERSION}-slim',
      'FROM --platform=linux/arm64 local:5000/${NAME:-app}:$TAG AS a',
      'ARG VERSION=9',
      'FROM "quoted:${VERSION}${VERSION:+-x}"',
    ].join('\n');
    assert.deepEqual(parseDockerfileBases(text), [
      { reference: 'local:5000/app:1.2-slim', stage: 'a', platform: 'linux/arm64' },
      { reference: 'quoted:1.2-x' },
    ]);
  });

  it('leaves out what only the build can know', () => {
    assert.deepEqual(references('ARG BASE\nFROM $BASE\nFROM --platform=$BUILDPLATFORM busybox:1'), [
      'busybox:1',
    ]);
    assert.deepEqual(references('# only a comment\n'), []);
  });
});
