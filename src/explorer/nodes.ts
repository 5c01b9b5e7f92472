/**
 * What the Registries tree shows, as plain data. Ids are stable paths, so that VS Code keeps what is expanded and
 * selected over a refresh. Errors and "Load More" are nodes like any other.
 */
import type { Descriptor } from '../core/oci/descriptor.ts';
import type { Digest } from '../core/oci/digest.ts';
import type { AttachedDocument } from '../core/trust/AttachedDocument.ts';
import type { Attachment } from '../core/trust/Attachment.ts';
import type { Connection, InvalidConnection } from '../platform/Connection.ts';

interface NodeBase {
  readonly id: string;
  readonly parent: RegistriesNode | undefined;
}

export interface RegistryNode extends NodeBase {
  readonly kind: 'registry';
  readonly connectionId: string;
  readonly connection: Connection;
}

/** An entry of the setting that does not parse. */
export interface InvalidConnectionNode extends NodeBase {
  readonly kind: 'invalidConnection';
  readonly invalid: InvalidConnection;
}

/** Everything before the last slash of a repository's name. */
export interface NamespaceNode extends NodeBase {
  readonly kind: 'namespace';
  readonly connectionId: string;
  readonly namespace: string;
}

export interface RepositoryNode extends NodeBase {
  readonly kind: 'repository';
  readonly connectionId: string;
  /** Relative to the connection. */
  readonly repository: string;
  readonly pinned: boolean;
}

export interface TagNode extends NodeBase {
  readonly kind: 'tag';
  readonly connectionId: string;
  readonly repository: string;
  readonly tag: string;
}

/** One entry of an index. */
export interface PlatformNode extends NodeBase {
  readonly kind: 'platform';
  readonly connectionId: string;
  readonly repository: string;
  readonly tag: string;
  readonly label: string;
  readonly descriptor: Descriptor;
  /** What the index itself lists about this platform: BuildKit's attestations. */
  readonly attestations: readonly Descriptor[];
}

export interface LayersNode extends NodeBase {
  readonly kind: 'layers';
  readonly connectionId: string;
  readonly layers: readonly Descriptor[];
}

export interface LayerNode extends NodeBase {
  readonly kind: 'layer';
  readonly connectionId: string;
  /** 1 is the base. */
  readonly position: number;
  readonly descriptor: Descriptor;
}

/** Signatures, SBOMs, provenance and what else is attached to an image. */
export interface ReferrersNode extends NodeBase {
  readonly kind: 'referrers';
  readonly connectionId: string;
  readonly repository: string;
  /** The image they are attached to. */
  readonly subject: Digest;
  readonly attachments: readonly Attachment[];
  /** A place could not be looked into: there may be more. */
  readonly isIncomplete: boolean;
  /** Names of the platforms of an index, by digest. */
  readonly platforms: ReadonlyMap<Digest, string>;
}

/** One document: a manifest may hold several. */
export interface ReferrerNode extends NodeBase {
  readonly kind: 'referrer';
  readonly connectionId: string;
  readonly repository: string;
  /** The image of the node above. */
  readonly subject: Digest;
  readonly document: AttachedDocument;
  /** Of the manifest that holds the document. */
  readonly descriptor: Descriptor;
  /** The platform it speaks about, where that is not the image as a whole. */
  readonly platform: string | undefined;
}

export interface LoadMoreNode extends NodeBase {
  readonly kind: 'loadMore';
  readonly connectionId: string;
  /** Undefined: more repositories; else more tags of this repository. */
  readonly repository: string | undefined;
  readonly shown: number;
  /** Undefined where the registry does not say how many there are. */
  readonly total: number | undefined;
}

/** Something that could not be read, what is wrong and what to do. */
export interface ErrorNode extends NodeBase {
  readonly kind: 'error';
  readonly connectionId: string;
  readonly error: unknown;
}

/** A fact that is not an error: an empty repository, a filter without matches. */
export interface MessageNode extends NodeBase {
  readonly kind: 'message';
  readonly text: string;
}

export type RegistriesNode =
  | RegistryNode
  | InvalidConnectionNode
  | NamespaceNode
  | RepositoryNode
  | TagNode
  | PlatformNode
  | LayersNode
  | LayerNode
  | ReferrersNode
  | ReferrerNode
  | LoadMoreNode
  | ErrorNode
  | MessageNode;

/** The digest a node stands for, where it names one itself. */
export function digestOfNode(node: RegistriesNode): Digest | undefined {
  switch (node.kind) {
    case 'platform':
    case 'layer':
    case 'referrer':
      return node.descriptor.digest;
    default:
      return undefined;
  }
}
