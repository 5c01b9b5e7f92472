/** What a tag is, told by media types alone, as the registries' own APIs give them. */
import type { ArtifactKind } from '../oci/artifact.ts';
import { isIndexType, isSchema1Type, MediaType } from '../oci/mediaType.ts';

/** @param configType media type of the config, or the artifactType; '' where the API does not say: an image. */
export function kindByConfigType(manifestType: string, configType: string): ArtifactKind {
  if (isIndexType(manifestType)) return 'index';
  if (isSchema1Type(manifestType)) return 'legacy';
  if (configType === MediaType.helmConfig) return 'helm';
  const isImage =
    configType === '' || configType === MediaType.ociConfig || configType === MediaType.dockerConfig;
  return isImage ? 'image' : 'artifact';
}
