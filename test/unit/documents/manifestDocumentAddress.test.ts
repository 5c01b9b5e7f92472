import assert from 'node:assert/strict';
import fc from 'fast-check';
import { URI } from 'vscode-uri';
import {
  formatManifestDocument,
  parseManifestDocument,
  type ManifestDocument,
} from '../../../src/documents/manifestDocumentAddress.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}` as const;
const document: ManifestDocument = {
  kind: 'manifest',
  connectionId: 'https://registry.example.test:5000/prefix#ann',
  repository: 'team/web',
  reference: '1.2',
  name: 'web-1.2',
};

/** Through the text form, as VS Code keeps it for a reload. */
function roundTrip(of: ManifestDocument): ManifestDocument {
  return parseManifestDocument(URI.parse(URI.from(formatManifestDocument(of)).toString()));
}

describe('the address of a manifest document', () => {
  it('gives back what it was made of', () => {
    assert.deepEqual(roundTrip(document), document);
    assert.deepEqual(roundTrip({ ...document, reference: DIGEST }), { ...document, reference: DIGEST });
    const { connectionId, repository, name } = document;
    const config: ManifestDocument = { kind: 'config', connectionId, repository, name, digest: DIGEST };
    assert.deepEqual(roundTrip(config), config);
    for (const [kind, extension] of [
      ['referrer', 'json'],
      ['decodedReferrer', 'xml'],
      ['decodedReferrer', 'txt'],
    ] as const) {
      const referrer: ManifestDocument = { ...config, kind, extension };
      assert.deepEqual(roundTrip(referrer), referrer);
    }
  });

  it('gives back any connection, whatever characters its id has', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (connectionId) => {
        assert.equal(roundTrip({ ...document, connectionId }).connectionId, connectionId);
      }),
    );
  });

  it('ends in .json, so that VS Code folds and outlines it', () => {
    const { path } = formatManifestDocument({ ...document, name: 'a/b c\u202E' });
    assert.match(path, /\/1\.2\/a-b-c-\.json$/);
  });

  const refused: readonly (readonly [why: string, path: string, query: string])[] = [
    ['a path that climbs out', '/c/team/../web/1.2/x.json', 'manifest'],
    ['an empty repository', '/c/1.2/x.json', 'manifest'],
    ['a reference that is neither tag nor digest', '/c/team/web/-1/x.json', 'manifest'],
    ['a config by tag', '/c/team/web/1.2/x.json', 'config'],
    ['a kind it does not know', '/c/team/web/1.2/x.json', 'blob'],
    ['a broken escape', '/%/team/web/1.2/x.json', 'manifest'],
    ['no connection', '//team/web/1.2/x.json', 'manifest'],
  ];
  for (const [why, path, query] of refused) {
    it(`refuses ${why}`, () => {
      assert.throws(() => parseManifestDocument({ scheme: 'berth-manifest', path, query }), {
        kind: 'invalidInput',
      });
    });
  }
});
