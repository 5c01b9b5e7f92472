import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeDocument, formatDecoded } from '../../../src/core/trust/decodeDocument.ts';
import { dsseSignedBytes } from '../../../src/core/trust/dsse.ts';
import { summarizeSbom } from '../../../src/core/trust/sbomSummary.ts';
import { readRecordedSignatures } from '../../support/recordedSignatures.ts';

async function recordedBlob(name: string, attachment = 0, layer = 1): Promise<Buffer> {
  const { attachments } = await readRecordedSignatures(name);
  return Buffer.from(attachments[attachment]!.blobs[layer]!);
}

describe('A document attached to an image', () => {
  it('of cosign is opened to what was signed: payload, envelope and bundle', async () => {
    const payload = decodeDocument(await recordedBlob('tag-p256'));
    assert.match(payload.simpleSigning?.digest ?? '', /^sha256:/);
    assert.match(payload.simpleSigning?.dockerReference ?? '', /tag-p256$/);
    const envelope = decodeDocument(await recordedBlob('attest-tag-p256'));
    assert.equal(envelope.statement?.predicateType, 'https://spdx.dev/Document');
    assert.equal(envelope.statement.subjects.length, 1);
    const bundle = decodeDocument(await recordedBlob('attest-bundle-p256', 1));
    assert.equal(bundle.statement?.predicateType, 'https://slsa.dev/provenance/v1');
    assert.match(formatDecoded(bundle), /^\{\n {2}"_type": /);
  });

  it('that is no JSON stays as it is, with the language it looks like', () => {
    const xml = decodeDocument(Buffer.from('<?xml version="1.0"?>\n<bom/>'));
    assert.deepEqual([xml.language, formatDecoded(xml)], ['xml', '<?xml version="1.0"?>\n<bom/>']);
    assert.equal(decodeDocument(Buffer.from('SPDXVersion: SPDX-2.3\n')).language, 'plaintext');
  });

  it('of any bytes is decoded without an error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          formatDecoded(decodeDocument(bytes));
        },
      ),
    );
    for (const hostile of [
      '{"payloadType":"x","payload":"!!","signatures":[]}',
      '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","dsseEnvelope":null}',
      '{"_type":"https://in-toto.io/Statement/v1","predicateType":1}',
      '{"__proto__":{"payload":""}}',
    ]) {
      const { envelope, bundle, statement } = decodeDocument(Buffer.from(hostile));
      assert.deepEqual([envelope, bundle, statement], [undefined, undefined, undefined]);
    }
  });

  it('is signed over its type and length too, as DSSE says', () => {
    // The example of protocol.md.
    const bytes = dsseSignedBytes({
      payloadType: 'http://example.com/HelloWorld',
      payload: Buffer.from('hello world'),
      signatures: [],
    });
    assert.equal(Buffer.from(bytes).toString(), 'DSSEv1 29 http://example.com/HelloWorld 11 hello world');
  });

  it('that is an SBOM is summed up: SPDX 2 and 3, CycloneDX', () => {
    const spdx = { spdxVersion: 'SPDX-2.3', packages: [{ name: 'a', versionInfo: '1' }, { name: 'b' }, {}] };
    assert.deepEqual(summarizeSbom(spdx), {
      format: 'SPDX',
      formatVersion: '2.3',
      packages: [{ name: 'a', version: '1' }, { name: 'b' }],
    });
    const cycloneDx = {
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      components: [{ name: 'c', version: '2' }],
    };
    assert.deepEqual(summarizeSbom(cycloneDx)?.packages, [{ name: 'c', version: '2' }]);
    const spdx3 = {
      '@context': 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld',
      '@graph': [
        { type: 'CreationInfo', specVersion: '3.0.1' },
        { type: 'software_Package', name: 'd', software_packageVersion: '3' },
      ],
    };
    assert.deepEqual(summarizeSbom(spdx3), {
      format: 'SPDX',
      formatVersion: '3.0.1',
      packages: [{ name: 'd', version: '3' }],
    });
    assert.equal(summarizeSbom({ hello: 1 }), undefined);
  });
});
