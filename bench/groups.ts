/** Every row group there is; a new one is a file and a line here. */
import type { BenchGroup } from './BenchRow.ts';
import { deadConnections } from './browse/deadConnections.ts';
import { expandRepository } from './browse/expandRepository.ts';
import { largeRegistry } from './browse/largeRegistry.ts';
import { startUp } from './browse/startUp.ts';
import { cleanUp } from './move/cleanUp.ts';
import { copyImages } from './move/copyImages.ts';
import { compareImages } from './inside/compareImages.ts';
import { acr } from './providers/acr.ts';
import { artifactory } from './providers/artifactory.ts';
import { listFiles } from './inside/listFiles.ts';
import { readFile } from './inside/readFile.ts';
import { dockerHub } from './providers/dockerHub.ts';
import { ecr } from './providers/ecr.ts';
import { ghcr } from './providers/ghcr.ts';
import { gitlab } from './providers/gitlab.ts';
import { google } from './providers/google.ts';
import { harbor } from './providers/harbor.ts';
import { nexus } from './providers/nexus.ts';
import { quay } from './providers/quay.ts';
import { zot } from './providers/zot.ts';

export const GROUPS: readonly BenchGroup[] = [
  expandRepository,
  largeRegistry,
  deadConnections,
  startUp,
  cleanUp,
  listFiles,
  readFile,
  dockerHub,
  ecr,
  ghcr,
  google,
  acr,
  gitlab,
  harbor,
  quay,
  zot,
  artifactory,
  nexus,
  copyImages,
  compareImages,
];
