/** A process of its own that cleans up, to be killed in the middle: `cleanUpProcess.ts URL JOURNAL`. */
import { nullLogger } from '../../../../src/core/common/Logger.ts';
import { planCleanUp } from '../../../../src/core/operations/cleanup/planCleanUp.ts';
import { runCleanUp } from '../../../../src/core/operations/cleanup/runCleanUp.ts';
import { Journal } from '../../../../src/core/operations/Journal.ts';
import { CONNECTION_ID, createTestProvider, neverCancelled, REPOSITORY } from '../operationsFixture.ts';
import { NOW, rules } from './cleanUpFixture.ts';

const [url = '', directory = ''] = process.argv.slice(2);
await using provider = createTestProvider(url);
const { entries } = await planCleanUp(provider, REPOSITORY, rules({ tags: 'old-*' }), neverCancelled(), {
  now: NOW,
});
const targets = entries.flatMap(({ action, name, digest, mediaType = '' }) =>
  action === 'delete' && digest ? [{ name, digest, mediaType }] : [],
);
const staying = entries.filter(({ action }) => action === 'keep');
await runCleanUp(
  provider,
  { repository: REPOSITORY, rules: 'test', targets, staying },
  {
    journal: new Journal({ directory, logger: nullLogger }),
    connectionId: CONNECTION_ID,
    signal: neverCancelled(),
  },
);
