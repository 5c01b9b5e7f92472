/**
 * What the manifest panel shows of an image's supply chain, as plain data that survives JSON. It imports nothing that
 * needs Node, because a webview reads these types too. Texts that a person sees are already in their language.
 */

/** Everything attached to the image that is shown. */
export interface AttachedView {
  readonly documents: readonly AttachedDocumentView[];
  /** A place could not be looked into: there may be more. */
  readonly isIncomplete: boolean;
}

export interface AttachedDocumentView {
  readonly id: string;
  readonly kind: 'signature' | 'sbom' | 'provenance' | 'attestation' | 'artifact';
  /** `SBOM (SPDX)`. */
  readonly label: string;
  /** What is known of its signature: `present, not verified`. */
  readonly state?: string;
  readonly isVerified: boolean;
  /** Predicate, artifact or media type. */
  readonly type: string;
  /** Of the manifest that holds it. */
  readonly digest: string;
  /** Of the document itself, where it is known. */
  readonly sizeInBytes: number;
  /** The platform it speaks about, where that is not the image as a whole. */
  readonly platform?: string;
  /** Where it was found: `referrers API`. */
  readonly places: readonly string[];
  /** Its content, where it is known. */
  readonly blob?: { readonly digest: string; readonly mediaType: string };
  /** What it says in a line: `24 packages`, the builder. */
  readonly summary?: string;
  /** Source commit of a provenance: `github.com/o/r@0123456`. */
  readonly source?: string;
  /** Its web page: https, on a host whose pages are known. */
  readonly sourceUrl?: string;
}

export interface BaseImageView {
  /** `debian:12`, as it was written or is called here. */
  readonly reference: string;
  readonly by: 'annotation' | 'label' | 'provenance' | 'layers' | 'history';
  readonly digest?: string;
  /** `notConnected`: no connection reaches its registry, so nobody was asked. */
  readonly state: 'current' | 'newer' | 'gone' | 'unknown' | 'notConnected';
  /** Where it can be opened: a connection, its repository, tag or digest. */
  readonly open?: { readonly connectionId: string; readonly repository: string; readonly reference: string };
}

export interface SizeTrendView {
  /** Oldest first; empty where no size is known. */
  readonly points: readonly SizePoint[];
  /** Sizes are sums over all platforms of an index. */
  readonly isOverPlatforms: boolean;
}

export interface SizePoint {
  /** The one that says most, and the others on the same digest. */
  readonly tag: string;
  readonly otherTags: readonly string[];
  readonly sizeInBytes: number;
  /** ISO 8601. */
  readonly createdAt?: string;
  /** The image that the panel shows. */
  readonly isShown: boolean;
}
