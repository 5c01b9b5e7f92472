import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readProvenance } from '../../../src/core/trust/provenance.ts';
import { parseSource } from '../../../src/core/trust/sourceCommit.ts';
import { decodeDocument } from '../../../src/core/trust/decodeDocument.ts';
import { readRecordedSignatures } from '../../support/recordedSignatures.ts';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';

describe('A provenance', () => {
  it('of SLSA v1 names builder and source commit', async () => {
    const { attachments } = await readRecordedSignatures('attest-bundle-p256');
    const { statement } = decodeDocument(Buffer.from(attachments[1]!.blobs[1]!));
    const provenance = readProvenance(statement?.predicate);
    assert.deepEqual(provenance?.source, {
      repository: 'https://github.com/o/signed-app',
      commit: COMMIT,
      url: `https://github.com/o/signed-app/commit/${COMMIT}`,
    });
    assert.match(provenance.builder ?? '', /ci\.yml@refs\/heads\/main$/);
  });

  it('of BuildKit, v0.2, names source and materials by its own metadata', () => {
    const provenance = readProvenance({
      builder: { id: 'https://github.com/o/r/actions/runs/1' },
      buildType: 'https://mobyproject.org/buildkit@v1',
      materials: [
        {
          uri: 'pkg:docker/alpine@3.22?platform=linux%2Famd64',
          digest: { sha256: 'ab'.repeat(32) },
        },
        { uri: 'https://example.com/file.tar.gz', digest: { sha256: 'cd'.repeat(32) } },
      ],
      metadata: {
        buildFinishedOn: '2026-10-01T00:00:00Z',
        'https://mobyproject.org/buildkit@v1#metadata': {
          vcs: { source: 'https://gitlab.com/group/sub/r.git', revision: COMMIT },
        },
      },
    });
    assert.equal(provenance?.source?.url, `https://gitlab.com/group/sub/r/-/commit/${COMMIT}`);
    assert.deepEqual(provenance.materials[0]?.digest, `sha256:${'ab'.repeat(32)}`);
    assert.equal(provenance.finishedAt?.toISOString(), '2026-10-01T00:00:00.000Z');
  });

  it('of BuildKit, v1, names the git context it was built from', () => {
    const provenance = readProvenance({
      buildDefinition: {
        buildType: 'https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md',
        externalParameters: {
          configSource: {
            uri: 'https://github.com/moby/buildkit.git#refs/tags/v0.11.0',
            digest: { sha1: COMMIT },
          },
        },
      },
      runDetails: { builder: { id: '' } },
    });
    assert.equal(provenance?.source?.url, `https://github.com/moby/buildkit/commit/${COMMIT}`);
    assert.equal(provenance.builder, undefined);
  });

  it('is not what only looks like an object', () => {
    for (const value of [undefined, null, 1, 'x', {}, [], { predicate: {} }]) {
      assert.equal(readProvenance(value), undefined);
    }
  });
});

describe('The source of a build', () => {
  it('has a link on the forges people use, however it is spelled', () => {
    for (const [uri, url] of [
      ['git+https://github.com/o/r@refs/heads/main', `https://github.com/o/r/commit/${COMMIT}`],
      ['https://github.com/o/r.git#refs/heads/x', `https://github.com/o/r/commit/${COMMIT}`],
      ['https://user:token@github.com/o/r', `https://github.com/o/r/commit/${COMMIT}`],
      ['https://gitlab.example.com/g/r.git', `https://gitlab.example.com/g/r/-/commit/${COMMIT}`],
      ['https://bitbucket.org/o/r', `https://bitbucket.org/o/r/commits/${COMMIT}`],
      ['https://codeberg.org/o/r', `https://codeberg.org/o/r/commit/${COMMIT}`],
      ['https://gitea.example.com:3000/o/r', `https://gitea.example.com:3000/o/r/commit/${COMMIT}`],
      ['https://git.example.com/o/r', undefined],
    ] as const) {
      assert.equal(parseSource(uri, COMMIT)?.url, url, uri);
    }
  });

  it('is none where it is no https address of a repository', () => {
    for (const uri of [
      'git@github.com:o/r.git',
      'ssh://git@github.com/o/r',
      'http://github.com/o/r',
      'command:workbench.action.quit',
      'javascript:alert(1)',
      'file:///etc/passwd',
      'https://github.com/',
      'pkg:docker/alpine@3.22',
      '',
    ]) {
      assert.equal(parseSource(uri, COMMIT), undefined, uri);
    }
  });

  it('never becomes a link to another host or of another kind, whatever a build claims', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.webUrl({ withFragments: true, withQueryParameters: true })),
        fc.string(),
        (uri, commit) => {
          const source = parseSource(uri, commit);
          if (source?.url === undefined) return;
          const [link, named] = [new URL(source.url), new URL(uri)];
          assert.deepEqual(
            [link.protocol, link.host, link.username, link.search, link.hash],
            ['https:', named.host, '', '', ''],
          );
        },
      ),
    );
  });
});
