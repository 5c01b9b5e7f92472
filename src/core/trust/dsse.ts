/** Signed envelopes. Source: DSSE v1.0.2, envelope.md and protocol.md. */
import * as v from 'valibot';
import { parseDocument } from './parseDocument.ts';

export interface DsseEnvelope {
  readonly payloadType: string;
  /** Exactly what was signed about, decoded. */
  readonly payload: Uint8Array;
  readonly signatures: readonly { readonly keyId?: string; readonly signature: Uint8Array }[];
}

export const base64 = v.pipe(
  v.string(),
  // Both alphabets, with or without padding, as the specification allows.
  v.regex(/^[\w+/-]*={0,2}$/),
  v.transform((text): Uint8Array => Buffer.from(text, 'base64')),
);

export const dsseSchema = v.pipe(
  v.object({
    payloadType: v.string(),
    payload: base64,
    signatures: v.array(v.object({ sig: base64, keyid: v.nullish(v.string()) })),
  }),
  v.transform(({ payloadType, payload, signatures }): DsseEnvelope => ({
    payloadType,
    payload,
    signatures: signatures.map(({ sig, keyid }) => ({
      signature: sig,
      ...(keyid ? { keyId: keyid } : {}),
    })),
  })),
);

/** @throws CoreError `protocol` with reason `badDocument`. */
export function parseDsseEnvelope(bytes: Uint8Array): DsseEnvelope {
  return parseDocument(dsseSchema, bytes, 'DSSE envelope');
}

/** Pre-authentication encoding: the very bytes a signature is over. */
export function dsseSignedBytes({ payloadType, payload }: DsseEnvelope): Uint8Array {
  const type = Buffer.from(payloadType);
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `), payload]);
}
