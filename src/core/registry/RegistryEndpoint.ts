/** Where a registry's API lives and how to reach it: everything the transport needs besides credentials. */

/** How a path typed after the host is meant. */
export type PathStyle =
  /** The API itself is under the path: `https://host/prefix/v2/…`. */
  | 'api'
  /** The API is at the root, repositories are under the path: `https://host/v2/prefix/…`. */
  | 'namespace';

export interface RegistryEndpoint {
  readonly scheme: 'https' | 'http';
  /** `host` or `host:port` of the API, lower case. Docker Hub: `registry-1.docker.io`. */
  readonly host: string;
  /** Path before `/v2/` for style `api`, else ''. No leading or trailing slash. */
  readonly apiPrefix: string;
  /** Prefix that every repository of this connection has, for style `namespace`, else ''. No slashes at the ends. */
  readonly namespacePrefix: string;
  /** What docker writes before the repository in a reference: `docker.io`, `localhost:5000`, `host/prefix`. */
  readonly referenceHost: string;
  /**
   * The key credentials are looked up by, exact `host[:port]` (Docker Hub: `https://index.docker.io/v1/`).
   * Never another registry's.
   */
  readonly credentialKey: string;
}

export interface TlsOptions {
  /** PEM certificates trusted besides the defaults. */
  readonly additionalCaPem?: readonly string[];
  /** Accept exactly the certificate with this SHA-256 fingerprint (`AB:CD:…`), whoever signed it. Checked before a byte is sent. */
  readonly pinnedFingerprint256?: string;
  readonly clientCertificatePem?: string;
  readonly clientKeyPem?: string;
  /** Certificate files that could not be used, each with why: told when the connection fails. */
  readonly unusedFiles?: readonly string[];
}

export interface ProxyOptions {
  /** URL of the proxy for http requests, may carry user info. */
  readonly httpProxy?: string;
  readonly httpsProxy?: string;
  /** Comma-separated hosts reached directly, in the syntax of NO_PROXY. */
  readonly noProxy?: string;
  /** VS Code's `http.proxyStrictSSL`: false accepts any certificate of the *proxy*. */
  readonly strictProxyTls: boolean;
}
