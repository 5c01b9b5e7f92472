/** What the digest of a signed Docker schema 1 manifest is taken over: the document without its signatures. */
import * as v from 'valibot';

const signedSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ signatures: v.pipe(v.array(v.object({ protected: v.string() })), v.minLength(1)) }),
);

const protectedSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ formatLength: v.pipe(v.number(), v.safeInteger(), v.minValue(0)), formatTail: v.string() }),
);

/** The signed payload, or undefined where `bytes` is no signed schema 1 manifest. Source: Docker manifest-v2-1, "Signed Manifests". */
export function schema1PayloadOf(bytes: Uint8Array): Uint8Array | undefined {
  const signed = v.safeParse(signedSchema, new TextDecoder().decode(bytes));
  if (!signed.success) return undefined;
  const header = v.safeParse(
    protectedSchema,
    Buffer.from(signed.output.signatures[0]!.protected, 'base64url').toString(),
  );
  if (!header.success) return undefined;
  const { formatLength, formatTail } = header.output;
  return Buffer.concat([bytes.subarray(0, formatLength), Buffer.from(formatTail, 'base64url')]);
}
