import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Digest } from '../../../../src/core/oci/digest.ts';
import type { CleanUpEntry } from '../../../../src/core/operations/cleanup/CleanUpPlan.ts';
import { followNeeds } from '../../../../src/core/operations/cleanup/needs.ts';
import { digest, rules } from './cleanUpFixture.ts';

const RULE = rules({ tags: '*' }).delete[0]!;

function entry(
  name: string,
  image: string,
  action: 'keep' | 'delete',
  more: Partial<CleanUpEntry> = {},
): CleanUpEntry {
  return {
    name,
    digest: digest(image),
    isManifest: false,
    action,
    reason: action === 'delete' ? { kind: 'rule', rule: RULE } : { kind: 'noRule' },
    ...more,
  };
}

const graph = (children: Record<string, string[]>, subjects: Record<string, string> = {}) => ({
  children: new Map(Object.entries(children).map(([index, listed]) => [digest(index), listed.map(digest)])),
  subjects: new Map(
    Object.entries(subjects).map(([referrer, subject]) => [digest(referrer), digest(subject)]),
  ),
});

const shown = (entries: readonly CleanUpEntry[]) =>
  Object.fromEntries(entries.map(({ name, action, reason }) => [name, `${action} ${reason.kind}`]));

describe('followNeeds', () => {
  it('keeps what an index that stays lists, through indexes within it', () => {
    const entries = [
      entry('multi', 'I', 'keep'),
      entry('amd64', 'P', 'delete'),
      entry('other', 'O', 'delete'),
    ];
    assert.deepEqual(shown(followNeeds(entries, graph({ I: ['J'], J: ['P', 'I'] }))), {
      multi: 'keep noRule',
      amd64: 'keep platformOf',
      other: 'delete rule',
    });
  });

  it('keeps what an index needs that stays only because another needs it', () => {
    const entries = [entry('a', 'A', 'keep'), entry('b', 'B', 'delete'), entry('c', 'C', 'delete')];
    assert.deepEqual(shown(followNeeds(entries, graph({ B: ['C'] }, { A: 'B' }))), {
      a: 'keep noRule',
      b: 'keep subjectOf',
      c: 'keep platformOf',
    });
  });

  it('lets an index go with what it lists', () => {
    const entries = [entry('multi', 'I', 'delete'), entry('amd64', 'P', 'delete')];
    assert.deepEqual(shown(followNeeds(entries, graph({ I: ['P'] }))), {
      multi: 'delete rule',
      amd64: 'delete rule',
    });
  });

  it('does with attachments as is done with their image, and keeps those of what nobody knows', () => {
    const hung = (name: string, image: string) => entry(name, name, 'keep', { attachedTo: digest(image) });
    const entries = [
      entry('stays', 'S', 'keep'),
      entry('goes', 'G', 'delete'),
      entry('multi', 'I', 'delete'),
      hung('s.sig', 'S'),
      hung('g.sig', 'G'),
      hung('child.sig', 'P'),
      hung('unknown.sig', 'U'),
      entry(digest('R'), 'R', 'delete', { isManifest: true }),
      entry(digest('T'), 'T', 'keep', { isManifest: true }),
    ];
    const {
      [digest('R')]: ofStaying,
      [digest('T')]: ofGoing,
      ...tags
    } = shown(followNeeds(entries, graph({ I: ['P'] }, { R: 'S', T: 'G' })));
    assert.deepEqual(tags, {
      stays: 'keep noRule',
      goes: 'delete rule',
      multi: 'delete rule',
      's.sig': 'keep attachment',
      'g.sig': 'delete attachment',
      'child.sig': 'delete attachment',
      'unknown.sig': 'keep subjectUnknown',
    });
    assert.deepEqual([ofStaying, ofGoing], ['keep attachment', 'delete attachment']);
  });

  it('never lets anything go that something needs which stays', () => {
    const names = fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F', 'G', 'H');
    const entries = fc.uniqueArray(
      fc.record({
        name: fc.string({ minLength: 1, maxLength: 3 }),
        image: names,
        goes: fc.boolean(),
        isManifest: fc.boolean(),
        hangsOn: fc.option(names, { freq: 4 }),
      }),
      { selector: ({ name }) => name, maxLength: 12 },
    );
    const children = fc.dictionary(names, fc.array(names, { maxLength: 3 }));
    const subjects = fc.dictionary(names, names);
    fc.assert(
      fc.property(entries, children, subjects, (made, listed, referred) => {
        const relations = graph(listed, referred);
        const decided = followNeeds(
          made.map(({ name, image, goes, isManifest, hangsOn }) =>
            entry(name, image, goes ? 'delete' : 'keep', {
              isManifest,
              ...(hangsOn !== null && { attachedTo: digest(hangsOn) }),
            }),
          ),
          relations,
        );
        assert.deepEqual(
          decided.map(({ name }) => name),
          made.map(({ name }) => name),
        );
        const needed = new Set<Digest>();
        const pending = decided.filter(({ action }) => action === 'keep').map((each) => each.digest!);
        for (let next = pending.pop(); next; next = pending.pop()) {
          for (const child of relations.children.get(next) ?? []) {
            if (!needed.has(child)) pending.push(child);
            needed.add(child);
          }
        }
        for (const each of decided) {
          const isAttached =
            each.attachedTo !== undefined || (each.isManifest && relations.subjects.has(each.digest!));
          if (each.action === 'delete' && !isAttached)
            assert.ok(!needed.has(each.digest!), `${each.name} is needed`);
          // An attachment goes only with its image.
          if (each.action === 'delete' && isAttached) {
            const subject = each.attachedTo ?? relations.subjects.get(each.digest!);
            assert.ok(
              !decided.some(
                (other) =>
                  other.digest === subject &&
                  other.action === 'keep' &&
                  other.attachedTo === undefined &&
                  !(other.isManifest && relations.subjects.has(other.digest!)),
              ),
            );
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
