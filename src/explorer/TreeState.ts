import type { TagDetails } from '../core/providers/RegistryProvider.ts';
import type { CapabilityFinding } from '../core/registry/capability.ts';
import type { SignatureOutcome } from '../core/trust/CheckedSignature.ts';
import type { Verification } from '../platform/Verifications.ts';

/** What is known of a node besides its own data; it may arrive later. */
export interface TreeState {
  readonly details?: TagDetails;
  readonly detailsFailed?: boolean;
  readonly filter?: string;
  readonly hasWebPage?: boolean;
  /** The registry wants a repository to be there before a push. */
  readonly canCreateRepository?: boolean;
  /** Of an image whose signature was verified in this session. */
  readonly verification?: Verification;
  /** What came out for a document that was checked in this session. */
  readonly checked?: { readonly outcome: SignatureOutcome; readonly keyName: string };
  /** What was found out about the repository; empty until somebody asked. */
  readonly capabilities?: readonly CapabilityFinding[];
}
