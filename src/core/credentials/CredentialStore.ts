/** Where credentials come from. Docker's configuration, helpers, Podman and VS Code's secrets each implement this one interface. */

/** Username + secret, an identity (refresh) token, or a ready registry token. */
export type Credential = (
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'identityToken'; readonly token: string; readonly username?: string }
  | { readonly kind: 'bearer'; readonly token: string }
) & {
  /** A little before it ends: from then on the store is asked again. Absent: it is kept until it is refused. */
  readonly renewAt?: Date;
};

/** What is asked for. */
export interface CredentialRequest {
  /** Exact `host[:port]`, or Docker Hub's `https://index.docker.io/v1/`. See RegistryEndpoint.credentialKey. */
  readonly key: string;
  /** Repository within the registry, for stores whose keys may be repository paths (Podman): the most specific wins. */
  readonly repository?: string;
  /** What this store gave before, where it is no longer accepted: a store that makes its own makes another. */
  readonly refused?: Credential;
}

export interface CredentialStore {
  /** Undefined: this store knows nothing for that exact registry. Never another registry's credential. */
  get(request: CredentialRequest, signal: AbortSignal): Promise<Credential | undefined>;
}
