/** The hosts of Google's registries, and how tokens are given to them. */

/** Whose password is an OAuth token. https://cloud.google.com/artifact-registry/docs/docker/authentication */
export const GOOGLE_TOKEN_USER = 'oauth2accesstoken';

/** What the gcloud credential helper calls itself; its password is an OAuth token as well. */
export const GCLOUD_HELPER_USER = '_dcgcloud_token';

/** Whose password is a service account's key file, as it is or in base64. */
export const GOOGLE_KEY_USER = '_json_key';
export const GOOGLE_BASE64_KEY_USER = '_json_key_base64';

/** gcr.io with its regions, and Artifact Registry's host of each location. */
export function isGoogleHost(host: string): boolean {
  return /^(?:(?:[a-z0-9-]+\.)?gcr\.io|[a-z0-9-]+\.pkg\.dev)$/.test(host);
}

/** `europe-west1` of `europe-west1-docker.pkg.dev`; undefined for gcr.io, which is everywhere. */
export function tryParseGoogleLocation(host: string): string | undefined {
  return /^([a-z0-9-]+?)(?:-docker)?\.pkg\.dev$/.exec(host)?.[1];
}
