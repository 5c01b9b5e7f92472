/** What the machine's credential files and helpers depend on, passed in so that nothing here reads the process. */

export interface CredentialEnvironment {
  /** `process.env`: PATH, DOCKER_CONFIG, DOCKER_AUTH_CONFIG, REGISTRY_AUTH_FILE, XDG_*. Helpers run with it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
  /** `process.getuid()`, where there is one: Podman's files without XDG_RUNTIME_DIR are under /run/containers/UID. */
  readonly uid?: number;
}
