/**
 * How a `berth-manifest` URI names a document; built and parsed here and nowhere else:
 * `berth-manifest:/<connection>/<repository>/<digest or tag>/<name>.json?<kind>`, the connection percent-encoded. What is
 * attached to an image has the extension of its own format.
 */
import { CoreError } from '../core/common/CoreError.ts';
import { isDigest, type Digest } from '../core/oci/digest.ts';
import { isRepositoryName, isTag } from '../core/oci/reference.ts';

export const MANIFEST_SCHEME = 'berth-manifest';

interface DocumentPlace {
  readonly connectionId: string;
  /** Relative to the connection. */
  readonly repository: string;
  /** Of the editor's tab, without extension; any text. */
  readonly name: string;
}

export type ManifestDocument =
  | (DocumentPlace & {
      readonly kind: 'manifest';
      /** Tag or digest. A digest always shows the same. */
      readonly reference: string;
    })
  | (DocumentPlace & { readonly kind: 'config'; readonly digest: Digest })
  | (DocumentPlace & {
      /** A signature, SBOM or provenance as it is stored, or what is inside its wrapping, laid out. */
      readonly kind: 'referrer' | 'decodedReferrer';
      readonly digest: Digest;
      readonly extension: ReferrerExtension;
    });

const REFERRER_EXTENSIONS = ['json', 'xml', 'txt'] as const;
export type ReferrerExtension = (typeof REFERRER_EXTENSIONS)[number];

/** The parts of a URI that carry the address, as `vscode.Uri` has them (decoded). */
export interface UriParts {
  readonly scheme: string;
  readonly path: string;
  readonly query: string;
}

export function formatManifestDocument(document: ManifestDocument): UriParts {
  const reference = document.kind === 'manifest' ? document.reference : document.digest;
  const extension = 'extension' in document ? document.extension : 'json';
  const name = document.name.replaceAll(/[^\w.@+-]+/g, '-');
  const segments = [
    '',
    encodeURIComponent(document.connectionId),
    document.repository,
    reference,
    `${name}.${extension}`,
  ];
  return { scheme: MANIFEST_SCHEME, path: segments.join('/'), query: document.kind };
}

/** @throws CoreError `invalidInput` with reason `manifestUri`: anybody can write a URI, so every part is checked. */
export function parseManifestDocument({ scheme, path, query }: UriParts): ManifestDocument {
  const [empty, connection = '', ...rest] = path.split('/');
  const [, name = '', ending] = /^(.*)\.(\w+)$/.exec(rest.pop() ?? '') ?? [];
  const extension = REFERRER_EXTENSIONS.find((each) => each === ending);
  const reference = rest.pop() ?? '';
  const place = { connectionId: tryDecode(connection), repository: rest.join('/'), name };
  if (
    scheme === MANIFEST_SCHEME &&
    empty === '' &&
    place.connectionId !== undefined &&
    isRepositoryName(place.repository)
  ) {
    const { connectionId } = place;
    if ((query === 'referrer' || query === 'decodedReferrer') && isDigest(reference) && extension) {
      return { ...place, connectionId, kind: query, digest: reference, extension };
    }
    if (query === 'config' && isDigest(reference)) {
      return { ...place, connectionId, kind: 'config', digest: reference };
    }
    if (query === 'manifest' && (isDigest(reference) || isTag(reference))) {
      return { ...place, connectionId, kind: 'manifest', reference };
    }
  }
  throw new CoreError('invalidInput', 'not the address of a manifest', { reason: 'manifestUri' });
}

function tryDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text) || undefined;
  } catch {
    return undefined;
  }
}
