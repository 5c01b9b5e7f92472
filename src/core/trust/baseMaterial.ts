/** The base image that a provenance tells of. Source: package-url purl-spec, types-doc/docker-definition.md; BuildKit slsa-definitions.md. */
import { isDigest, type Digest } from '../oci/digest.ts';
import type { Material } from './provenance.ts';

/** What BuildKit itself works with, which no image is built on. */
const TOOLS = /(?:^|\/)(?:docker\/(?:dockerfile|buildkit|buildx)|moby\/buildkit)/;

/** The only image among the materials of a build; undefined where there are none, or several stages used one each. */
export function baseMaterialOf(
  materials: readonly Material[],
): { readonly reference: string; readonly digest?: Digest } | undefined {
  const images = new Map<string, Digest | undefined>();
  for (const { uri, digest } of materials) {
    const image = parseDockerUrl(uri);
    if (!image || TOOLS.test(image.reference)) continue;
    images.set(image.reference, digest ?? image.digest);
  }
  const [only, ...others] = images;
  if (!only || others.length > 0) return undefined;
  const [reference, digest] = only;
  return { reference, ...(digest !== undefined && { digest }) };
}

/** `pkg:docker/debian@12?platform=linux%2Famd64` is `debian:12`. */
function parseDockerUrl(uri: string): { readonly reference: string; readonly digest?: Digest } | undefined {
  const match = /^pkg:docker\/([^@?#]+)(?:@([^?#]+))?(?:\?([^#]*))?/.exec(uri);
  if (!match) return undefined;
  const [, name = '', version = '', query = ''] = match.map((part) => tryDecode(part ?? ''));
  const digest = new URLSearchParams(query).get('digest') ?? version;
  const isVersionDigest = isDigest(version);
  return {
    reference: version === '' || isVersionDigest ? name : `${name}:${version}`,
    ...(isDigest(digest) && { digest }),
  };
}

function tryDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
