/** A process of its own that copies `v1` to `prod`, to be killed on the way: arguments are the two registries and the journal's folder. */
import { nullLogger } from '../../../../src/core/common/Logger.ts';
import { Journal } from '../../../../src/core/operations/Journal.ts';
import { createTestProvider } from '../operationsFixture.ts';
import { copy, imagesOf, SOURCE_REPOSITORY, TARGET_REPOSITORY } from './copyFixture.ts';

const [from = '', to = '', directory = ''] = process.argv.slice(2);
await copy(
  imagesOf(createTestProvider(from).client, SOURCE_REPOSITORY),
  imagesOf(createTestProvider(to).client, TARGET_REPOSITORY),
  new Journal({ directory, logger: nullLogger }),
  { wishes: [{ source: 'v1', targetTag: 'prod' }] },
);
