import assert from 'node:assert/strict';
import { findBaseHint } from '../../../src/core/image/baseImage.ts';

const NONE = { annotations: [], labels: [], history: [] };
const DIGEST = `sha256:${'ab'.repeat(32)}`;
const values = (record: Readonly<Record<string, string>>) =>
  Object.entries(record).map(([name, value]) => ({ name, value }));
const standard = values({
  'org.opencontainers.image.base.name': 'debian:12',
  'org.opencontainers.image.base.digest': DIGEST,
});

describe('The base of an image', () => {
  it('is what its annotations say, before its labels, before its history', () => {
    const history = ['ADD alpine-minirootfs-3.22.2-x86_64.tar.gz / # buildkit'];
    assert.deepEqual(findBaseHint({ annotations: standard, labels: standard, history }), {
      reference: 'debian:12',
      digest: DIGEST,
      by: 'annotation',
    });
    assert.equal(findBaseHint({ ...NONE, labels: standard, history })?.by, 'label');
    assert.deepEqual(findBaseHint({ ...NONE, history }), { reference: 'alpine:3.22', by: 'history' });
  });

  it('is the run image of Buildpacks', () => {
    const metadata = {
      runImage: {
        image: 'index.docker.io/paketo/run:base',
        reference: `index.docker.io/paketo/run@${DIGEST}`,
      },
    };
    const labels = values({ 'io.buildpacks.lifecycle.metadata': JSON.stringify(metadata) });
    assert.deepEqual(findBaseHint({ ...NONE, labels }), {
      reference: 'index.docker.io/paketo/run:base',
      digest: DIGEST,
      by: 'label',
    });
  });

  it('is guessed from what Debian and Ubuntu write themselves', () => {
    const history = ["# debian.sh --arch 'amd64' out/ 'bookworm' '@1760000000'"];
    assert.equal(findBaseHint({ ...NONE, history })?.reference, 'debian:bookworm');
    const labels = values({
      'org.opencontainers.image.ref.name': 'ubuntu',
      'org.opencontainers.image.version': '24.04',
    });
    assert.equal(findBaseHint({ ...NONE, labels })?.reference, 'ubuntu:24.04');
  });

  it('is not told by a digest alone, by a digest that is none, or by nothing', () => {
    const annotations = values({ 'org.opencontainers.image.base.digest': DIGEST });
    assert.equal(findBaseHint({ ...NONE, annotations }), undefined);
    assert.equal(
      findBaseHint({ ...NONE, labels: values({ 'io.buildpacks.lifecycle.metadata': '{' }) }),
      undefined,
    );
    const bad = values({
      'org.opencontainers.image.base.name': 'x',
      'org.opencontainers.image.base.digest': '../',
    });
    assert.deepEqual(findBaseHint({ ...NONE, annotations: bad }), { reference: 'x', by: 'annotation' });
    assert.equal(findBaseHint({ ...NONE, history: ['RUN make'] }), undefined);
  });
});
