import assert from 'node:assert/strict';
import { appendFile, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nullLogger } from '../../../src/core/common/Logger.ts';
import { digestOf } from '../../../src/core/oci/digest.ts';
import type { Digest } from '../../../src/core/oci/digest.ts';
import { Journal } from '../../../src/core/operations/Journal.ts';
import type { NewOperation } from '../../../src/core/operations/Journal.ts';
import { createTestJournal } from './operationsFixture.ts';

function manifest(text: string): { digest: Digest; bytes: Uint8Array } {
  const bytes = Buffer.from(text);
  return { digest: digestOf(bytes), bytes };
}

function deletion(tag: string, digest: Digest): NewOperation {
  return {
    kind: 'delete',
    connectionId: 'c',
    registry: 'localhost:5000',
    repository: 'team/app',
    items: [{ tag, digest, mediaType: 'application/json', state: 'pending' }],
  };
}

async function record(journal: Journal, tag: string, text: string): Promise<string> {
  const kept = manifest(text);
  const operation = await journal.begin(deletion(tag, kept.digest), [kept]);
  await operation.update(tag, { state: 'done' });
  await operation.finish();
  return operation.id;
}

describe('Journal', () => {
  it('lists operations newest first with what was recorded, and gives the exact bytes back', async () => {
    await using kept = await createTestJournal();
    const { journal } = kept;
    let changes = 0;
    journal.onDidChange(() => (changes += 1));
    const first = await record(journal, 'v1', '{"a":  1}\n');
    const second = await record(journal, 'v2', '{"b":2}');
    const listed = await journal.list();
    assert.deepEqual(new Set(listed.map(({ id }) => id)), new Set([first, second]));
    assert.ok(listed[0]!.startedAt >= listed[1]!.startedAt);
    const operation = await journal.get(first);
    assert.deepEqual(
      [operation?.state, operation?.repository, operation?.items[0]?.state],
      ['finished', 'team/app', 'done'],
    );
    assert.equal(
      Buffer.from(await journal.readManifest(digestOf(Buffer.from('{"a":  1}\n')))).toString(),
      '{"a":  1}\n',
    );
    assert.ok(changes >= 6);
  });

  it('leaves damaged and foreign files out, and refuses damaged bytes', async () => {
    await using kept = await createTestJournal();
    const { journal, directory } = kept;
    const good = await record(journal, 'v1', 'good');
    const bad = await record(journal, 'v2', 'bad');
    await writeFile(join(directory, 'operations', `${bad}.json`), '{"version":1,');
    await writeFile(join(directory, 'operations', 'notes.txt'), 'x');
    assert.deepEqual(
      (await journal.list()).map(({ id }) => id),
      [good],
    );
    const { digest } = manifest('good');
    await writeFile(join(directory, 'manifests', digest.replace(':', '-')), 'evil');
    await assert.rejects(journal.readManifest(digest), {
      kind: 'disk',
      details: { reason: 'journalBytesDamaged', subject: digest },
    });
    await assert.rejects(journal.readManifest(manifest('never').digest), { kind: 'disk' });
  });

  it('never reads outside its folder', async () => {
    await using kept = await createTestJournal();
    assert.equal(await kept.journal.get('../../etc/passwd'), undefined);
  });

  it('shows an operation of a process that is gone as interrupted', async () => {
    await using kept = await createTestJournal();
    const { journal } = kept;
    const running = await journal.begin(deletion('v1', manifest('x').digest), [manifest('x')]);
    assert.equal((await journal.get(running.id))?.state, 'running');
    const reopened = new Journal({ directory: kept.directory, logger: nullLogger });
    assert.equal((await reopened.get(running.id))?.state, 'interrupted');
  });

  it('forgets the oldest operations over its bounds, and their bytes once no window can need them', async () => {
    await using kept = await createTestJournal({ maxOperations: 2 });
    const { journal, directory } = kept;
    await record(journal, 'v1', 'one');
    const file = join(directory, 'manifests', manifest('one').digest.replace(':', '-'));
    const longAgo = new Date(Date.now() - 2 * 60 * 60 * 1000);
    await utimes(file, longAgo, longAgo);
    for (const text of ['two', 'three', 'four']) await record(journal, text, text);
    assert.equal((await journal.list()).length, 2);
    assert.equal((await readdir(join(directory, 'manifests'))).length, 3, 'only the old one is gone');
    await assert.rejects(journal.readManifest(manifest('one').digest), { kind: 'disk' });
  });

  it('forgets by size too', async () => {
    await using kept = await createTestJournal({ maxBytes: 2500 });
    for (const text of ['a', 'b', 'c', 'd']) await record(kept.journal, text, text.repeat(1000));
    assert.equal((await kept.journal.list()).length, 2);
  });

  it('notes changes of thousands of items in a log, each on disk when its promise resolves', async () => {
    await using kept = await createTestJournal();
    const { journal, directory } = kept;
    const { digest } = manifest('x');
    const items = Array.from({ length: 3000 }, (_, index) => ({
      tag: `v${index}`,
      digest,
      mediaType: 'application/json',
      state: 'pending' as const,
    }));
    const operation = { ...deletion('v', digest), kind: 'cleanUp' as const, rules: 'old builds', items };
    const running = await journal.begin(operation, []);
    await running.keep([manifest('x')]);
    const file = join(directory, 'operations', `${running.id}.json`);
    const before = await readFile(file, 'utf8');
    await Promise.all(items.slice(0, 2000).map(({ tag }) => running.update(tag, { state: 'done' })));
    assert.equal(await readFile(file, 'utf8'), before, 'the record itself is not written again');

    const reopened = new Journal({ directory, logger: nullLogger });
    const found = await reopened.get(running.id);
    assert.deepEqual([found?.state, found?.rules], ['interrupted', 'old builds']);
    const states = found!.items.map(({ state }) => state);
    assert.deepEqual(
      [states.filter((state) => state === 'done').length, states.at(1999), states.at(2000)],
      [2000, 'done', 'pending'],
    );

    await running.finish();
    assert.equal((await reopened.get(running.id))?.items[0]?.state, 'done');
    assert.deepEqual(await readdir(join(directory, 'operations')), [`${running.id}.json`]);
  });

  it('loses no more than the line that was being written when the process died', async () => {
    await using kept = await createTestJournal();
    const { journal, directory } = kept;
    const running = await journal.begin(deletion('v1', manifest('x').digest), []);
    await appendFile(join(directory, 'operations', `${running.id}.log`), '{"tag":"v1","sta');
    assert.equal((await journal.get(running.id))?.items[0]?.state, 'pending');
    await running.update('v1', { state: 'done' });
    assert.equal((await journal.get(running.id))?.items[0]?.state, 'done');
  });

  it('hands an interrupted operation to one window only, with what is needed to go on', async () => {
    await using kept = await createTestJournal();
    const copy = {
      source: { connectionId: 's', registry: 'source.example', repository: 'a/b' },
      platforms: ['linux/amd64'],
      referrers: true,
      stage: 'prod',
    };
    const running = await kept.journal.begin(
      { ...deletion('v1', manifest('x').digest), kind: 'copy', copy },
      [],
    );
    await assert.rejects(kept.journal.resume(running.id), { kind: 'conflict' });
    const other = new Journal({ directory: kept.directory, logger: nullLogger });
    const resumed = await other.resume(running.id);
    assert.deepEqual((await other.get(resumed.id))?.copy, copy);
    assert.equal((await other.get(resumed.id))?.state, 'running');
  });

  it('does not take a program of before the last start of the machine for a window', async () => {
    await using kept = await createTestJournal();
    const running = await kept.journal.begin(deletion('v1', manifest('x').digest), []);
    const file = join(kept.directory, 'operations', `${running.id}.json`);
    const record = JSON.parse(await readFile(file, 'utf8')) as object;
    const ownerPid = process.ppid;
    await writeFile(file, JSON.stringify({ ...record, ownerPid }));
    assert.equal((await kept.journal.get(running.id))?.state, 'running');
    await writeFile(file, JSON.stringify({ ...record, ownerPid, startedAt: '2001-01-01T00:00:00.000Z' }));
    assert.equal((await kept.journal.get(running.id))?.state, 'interrupted');
  });

  it('reads what the first version wrote', async () => {
    await using kept = await createTestJournal();
    const id = await record(kept.journal, 'v1', 'one');
    const file = join(kept.directory, 'operations', `${id}.json`);
    const stored = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, JSON.stringify({ ...stored, version: 1 }));
    assert.equal((await kept.journal.get(id))?.items[0]?.tag, 'v1');
  });
});
