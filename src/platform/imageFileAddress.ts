/**
 * How a `berth-image` URI names a file of an image; built and parsed here and nowhere else:
 * `berth-image://<image>/<path>`. The path is the path in the image, so that editors show just that; only a name that VS Code
 * would take for a Windows drive (`/C:`) and write in lower case is escaped. The authority says the
 * rest in hexadecimal, because VS Code lower-cases authorities: the kind, the connection and repository or nothing, the
 * digest, and the position of a layer that is looked at alone.
 */
import * as v from 'valibot';
import { CoreError } from '../core/common/CoreError.ts';
import { isDigest, type Digest } from '../core/oci/digest.ts';
import { isRepositoryName } from '../core/oci/reference.ts';

export const IMAGE_SCHEME = 'berth-image';

/** An image whose files are looked at. */
export type ImageAddress =
  | {
      readonly kind: 'registry';
      readonly connectionId: string;
      /** Relative to the connection. */
      readonly repository: string;
      /** Of the manifest of one platform. */
      readonly digest: Digest;
    }
  | { readonly kind: 'docker'; readonly imageId: Digest };

export interface ImageFileAddress {
  readonly image: ImageAddress;
  /** Position of a layer that is looked at alone, 0 is the base; undefined: all layers merged. */
  readonly layer?: number;
  /** Absolute path in the image; `/` for its root. */
  readonly path: string;
}

/** The parts of a URI that carry the address, as `vscode.Uri` has them (decoded). */
export interface UriParts {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
}

const layer = v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10_000)));
const digest = v.custom<Digest>((value) => typeof value === 'string' && isDigest(value));
const repository = v.pipe(v.string(), v.check(isRepositoryName));
const Authority = v.union([
  v.pipe(
    v.strictTuple([v.literal('registry'), v.pipe(v.string(), v.minLength(1)), repository, digest, layer]),
    v.transform(([kind, connectionId, name, imageDigest, position]) => ({
      image: { kind, connectionId, repository: name, digest: imageDigest },
      position,
    })),
  ),
  v.pipe(
    v.strictTuple([v.literal('docker'), digest, layer]),
    v.transform(([kind, imageId, position]) => ({ image: { kind, imageId }, position })),
  ),
]);

export function formatImageFile({ image, layer: position, path }: ImageFileAddress): UriParts {
  return { scheme: IMAGE_SCHEME, authority: authorityOf(image, position), path: escapeDrive(path) };
}

/** Name of an entry of the folder `folder`, as it stands in a URI. */
export function nameInUri(folder: string, name: string): string {
  return folder === '/' ? escapeDrive(`/${name}`).slice(1) : name;
}

/** One string for an image, the same for every file of it. */
export function imageKeyOf(image: ImageAddress): string {
  return authorityOf(image, undefined);
}

/** @throws CoreError `invalidInput` with reason `imageUri`: anybody can write a URI, so every part is checked. */
export function parseImageFile({ scheme, authority, path }: UriParts): ImageFileAddress {
  const parsed = v.safeParse(Authority, scheme === IMAGE_SCHEME ? tryDecode(authority) : undefined);
  if (!parsed.success) {
    throw new CoreError('invalidInput', 'not the address of a file in an image', { reason: 'imageUri' });
  }
  const { image, position } = parsed.output;
  return {
    image,
    ...(position !== undefined && { layer: position }),
    path: unescapeDrive(path.replace(/(?<=.)\/+$/s, '')) || '/',
  };
}

/** What looks like a drive begins with the hexadecimal number of its letter instead; what looks like that, with that of `%`. */
function escapeDrive(path: string): string {
  return /^\/(?:[A-Z]|%[\dA-F]+):/.test(path)
    ? `/%${path.charCodeAt(1).toString(16).toUpperCase()}${path.slice(2)}`
    : path;
}

function unescapeDrive(path: string): string {
  return path.replace(
    /^\/%([\dA-F]{2})(?=[\dA-F]*:)/,
    (_, code: string) => `/${String.fromCharCode(parseInt(code, 16))}`,
  );
}

function authorityOf(image: ImageAddress, position: number | undefined): string {
  const place =
    image.kind === 'registry'
      ? [image.kind, image.connectionId, image.repository, image.digest]
      : [image.kind, image.imageId];
  return Buffer.from(JSON.stringify(position === undefined ? place : [...place, position])).toString('hex');
}

function tryDecode(authority: string): unknown {
  try {
    return JSON.parse(Buffer.from(authority, 'hex').toString());
  } catch {
    return undefined;
  }
}
