/**
 * Opens a document's wrapping: a signed statement inside an envelope inside a bundle becomes the statement. Nothing is
 * verified here.
 */
import { isCoreError } from '../common/CoreError.ts';
import { parseDsseEnvelope, type DsseEnvelope } from './dsse.ts';
import { parseInTotoStatement, type InTotoStatement } from './inTotoStatement.ts';
import { parseSigstoreBundle, type SigstoreBundle } from './sigstoreBundle.ts';
import { parseSimpleSigning, type SimpleSigning } from './simpleSigning.ts';

export interface DecodedDocument {
  /** What a person wants to read: the innermost content. */
  readonly content: Uint8Array;
  readonly language: 'json' | 'xml' | 'plaintext';
  readonly bundle?: SigstoreBundle;
  readonly envelope?: DsseEnvelope;
  readonly statement?: InTotoStatement;
  readonly simpleSigning?: SimpleSigning;
}

/** Never throws: what is not understood is its own content. */
export function decodeDocument(bytes: Uint8Array): DecodedDocument {
  const bundle = attempt(() => parseSigstoreBundle(bytes));
  const envelope =
    bundle?.content.kind === 'dsseEnvelope'
      ? bundle.content.envelope
      : bundle
        ? undefined
        : attempt(() => parseDsseEnvelope(bytes));
  const content = envelope?.payload ?? bytes;
  const statement = attempt(() => parseInTotoStatement(content));
  const simpleSigning = statement || bundle ? undefined : attempt(() => parseSimpleSigning(content));
  return {
    content,
    language: languageOf(content),
    ...(bundle && { bundle }),
    ...(envelope && { envelope }),
    ...(statement && { statement }),
    ...(simpleSigning && { simpleSigning }),
  };
}

/** JSON with line breaks, everything else as it is. */
export function formatDecoded({ content, language }: DecodedDocument): string {
  const text = new TextDecoder('utf-8').decode(content);
  return language === 'json' ? `${JSON.stringify(JSON.parse(text), undefined, 2)}\n` : text;
}

function languageOf(content: Uint8Array): DecodedDocument['language'] {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
    return 'json';
  } catch {
    const start = new TextDecoder('utf-8').decode(content.subarray(0, 200)).trimStart();
    return start.startsWith('<') ? 'xml' : 'plaintext';
  }
}

function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (isCoreError(error, 'protocol')) return undefined;
    throw error;
  }
}
