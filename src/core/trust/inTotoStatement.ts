/** Statements about artifacts. Source: in-toto attestation framework, spec/v1/statement.md (v0.1 has the same fields). */
import * as v from 'valibot';
import { isDigest, type Digest } from '../oci/digest.ts';
import { stringMap } from '../oci/informative.ts';
import { parseDocument } from './parseDocument.ts';

export interface InTotoStatement {
  readonly predicateType: string;
  /** Digests of what it speaks about, of the kinds images have. */
  readonly subjects: readonly Digest[];
  /** As it was written, unchecked. */
  readonly predicate: unknown;
}

const statementSchema = v.pipe(
  v.object({
    _type: v.pipe(v.string(), v.startsWith('https://in-toto.io/Statement/')),
    predicateType: v.string(),
    subject: v.fallback(v.array(v.object({ digest: v.fallback(stringMap, {}) })), []),
    predicate: v.optional(v.unknown()),
  }),
  v.transform(({ predicateType, subject, predicate }): InTotoStatement => ({
    predicateType,
    subjects: subject.flatMap(({ digest }) =>
      Object.entries(digest)
        .map(([algorithm, hex]) => `${algorithm}:${hex}`)
        .filter(isDigest),
    ),
    predicate,
  })),
);

/** @throws CoreError `protocol` with reason `notJson` or `badDocument`. */
export function parseInTotoStatement(bytes: Uint8Array): InTotoStatement {
  return parseDocument(statementSchema, bytes, 'in-toto statement');
}
