import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { buildBlob, buildJsonBlob, buildManifest } from '../../../../scripts/samples/buildArtifact.ts';
import { pushBuilt } from '../../../../scripts/samples/pushBuilt.ts';
import { MediaType } from '../../../../src/core/oci/mediaType.ts';
import { giveUpCopy, resumeCopy } from '../../../../src/core/operations/copy/copyTags.ts';
import { MemoryRegistry } from '../../../support/memoryRegistry.ts';
import type { MemoryRequest } from '../../../support/memoryRegistry.ts';
import {
  buildTinyImage,
  createTestJournal,
  createTestProvider,
  neverCancelled,
} from '../operationsFixture.ts';
import { imagesOf, SOURCE_REPOSITORY, TARGET_REPOSITORY } from './copyFixture.ts';

const LAYERS = 4;

describe('a copy whose process is killed on the way', function () {
  this.timeout(60_000);

  const isUpload = ({ method, path }: MemoryRequest) => method === 'PUT' && path.includes('/blobs/uploads/');
  const old = buildTinyImage('old');
  const image = buildManifest({
    config: buildJsonBlob(MediaType.ociConfig, { os: 'linux', architecture: 'amd64' }),
    layers: Array.from({ length: LAYERS }, (_, at) =>
      buildBlob(MediaType.ociLayer, `layer ${at}`.repeat(9_000)),
    ),
  });

  /** Copies in another process, which dies while one blob is on the way and the others have arrived. */
  async function dieCopying(a: MemoryRegistry, b: MemoryRegistry, directory: string): Promise<void> {
    const last = Promise.withResolvers<undefined>();
    let uploads = 0;
    b.options = {
      ...b.options,
      faultFor: (request) => {
        if (!isUpload(request)) return 'ok';
        uploads += 1;
        if (uploads <= LAYERS) return 'ok';
        last.resolve(undefined);
        return 'hang';
      },
    };
    const program = join(import.meta.dirname, 'copyProcess.ts');
    const child = spawn(process.execPath, [program, a.url, b.url, directory], { stdio: 'inherit' });
    const exited = once(child, 'exit');
    await Promise.race([last.promise, exited.then(() => assert.fail('it ended by itself'))]);
    child.kill('SIGKILL');
    await exited;
    b.options = { ...b.options, faultFor: () => 'ok' };
  }

  it('goes on in the next window without sending again what has arrived', async () => {
    await using a = await MemoryRegistry.start({ deletes: 'tag' });
    await using b = await MemoryRegistry.start({ deletes: 'tag' });
    await using from = createTestProvider(a.url);
    await using to = createTestProvider(b.url);
    await using kept = await createTestJournal();
    await pushBuilt(from.client, SOURCE_REPOSITORY, image, ['v1'], neverCancelled());
    await pushBuilt(to.client, TARGET_REPOSITORY, old, ['prod'], neverCancelled());
    await dieCopying(a, b, kept.directory);
    const target = b.repository(TARGET_REPOSITORY);
    assert.equal(target.tags.get('prod'), old.descriptor.digest);

    const [operation] = await kept.journal.list();
    assert.equal(operation?.state, 'interrupted');
    const before = b.requests.length;
    const ends = [imagesOf(from.client, SOURCE_REPOSITORY), imagesOf(to.client, TARGET_REPOSITORY)] as const;
    await resumeCopy(...ends, operation, { journal: kept.journal, signal: neverCancelled() });
    assert.equal(target.tags.get('prod'), image.descriptor.digest);
    assert.equal(b.requests.slice(before).filter(isUpload).length, 1, 'only the blob that was on the way');
    assert.equal((await kept.journal.get(operation.id))?.state, 'finished');
  });

  it('is rolled back by forgetting it: nothing was named', async () => {
    await using a = await MemoryRegistry.start({ deletes: 'tag' });
    await using b = await MemoryRegistry.start({ deletes: 'tag' });
    await using from = createTestProvider(a.url);
    await using to = createTestProvider(b.url);
    await using kept = await createTestJournal();
    await pushBuilt(from.client, SOURCE_REPOSITORY, image, ['v1'], neverCancelled());
    await dieCopying(a, b, kept.directory);
    const [operation] = await kept.journal.list();
    const options = { journal: kept.journal, signal: neverCancelled() };
    await giveUpCopy(imagesOf(to.client, TARGET_REPOSITORY), operation!, options);
    assert.equal((await kept.journal.get(operation!.id))?.items[0]?.state, 'kept');
    assert.equal(b.repository(TARGET_REPOSITORY).tags.size, 0);
  });
});
