/** What must stay because something that stays needs it, and what goes because what it was attached to goes. */
import type { Digest } from '../../oci/digest.ts';
import type { CleanUpReason } from './decideTags.ts';
import type { CleanUpEntry, ManifestGraph } from './CleanUpPlan.ts';

/**
 * The entries with those kept that an entry that stays lists or refers to, and everything attached to an image doing
 * as its image does. Where an image is not known to go, what is attached to it stays.
 */
export function followNeeds(
  entries: readonly CleanUpEntry[],
  { children, subjects }: ManifestGraph,
): CleanUpEntry[] {
  const decided = new Map(entries.map((entry) => [entry.name, entry]));
  const keep = (entry: CleanUpEntry, reason: CleanUpReason): void => {
    decided.set(entry.name, { ...entry, action: 'keep', reason });
  };
  const isAttached = (entry: CleanUpEntry): boolean => subjectOf(entry) !== undefined;
  const subjectOf = (entry: CleanUpEntry): string | undefined =>
    entry.attachedTo ?? (entry.isManifest && entry.digest ? subjects.get(entry.digest) : undefined);

  const needs = new Needs(children, subjects);
  const going = Map.groupBy(
    entries.filter((entry) => !isAttached(entry) && entry.action === 'delete'),
    ({ digest }) => digest,
  );
  const keepWhatIsNeededBy = (pending: CleanUpEntry[]): void => {
    for (let entry = pending.pop(); entry; entry = pending.pop()) {
      for (const [digest, kind] of needs.of(entry)) {
        for (const needed of going.get(digest) ?? []) {
          keep(needed, { kind, holder: entry.name });
          pending.push(needed);
        }
        going.delete(digest);
      }
    }
  };
  keepWhatIsNeededBy(entries.filter((entry) => !isAttached(entry) && entry.action === 'keep'));

  const decideAttached = (): void => {
    const known = { stays: new Set<string>(), goes: new Set<string>() };
    for (const entry of decided.values()) {
      if (isAttached(entry) || entry.digest === undefined) continue;
      const digests = entry.action === 'keep' ? known.stays : known.goes;
      for (const digest of [entry.digest, ...needs.below(entry.digest)]) digests.add(digest);
    }
    for (const entry of entries) {
      const subject = subjectOf(entry);
      if (subject === undefined) continue;
      const stays = known.stays.has(subject);
      if (!stays && !known.goes.has(subject)) keep(entry, { kind: 'subjectUnknown' });
      else {
        const action = stays ? 'keep' : 'delete';
        decided.set(entry.name, { ...entry, action, reason: { kind: 'attachment', subject } });
      }
    }
  };
  // A list of referrers that stays holds what it lists, and that may keep further attachments: until nothing changes.
  for (let left = -1; left !== going.size;) {
    left = going.size;
    decideAttached();
    keepWhatIsNeededBy([...decided.values()].filter((entry) => isAttached(entry) && entry.action === 'keep'));
  }
  return entries.map(({ name }) => decided.get(name)!);
}

class Needs {
  readonly #children: ManifestGraph['children'];
  readonly #subjects: ManifestGraph['subjects'];

  constructor(children: ManifestGraph['children'], subjects: ManifestGraph['subjects']) {
    this.#children = children;
    this.#subjects = subjects;
  }

  /** What `entry` needs besides itself, all the way down. */
  *of({ digest }: CleanUpEntry): Generator<[Digest, 'platformOf' | 'subjectOf']> {
    if (digest === undefined) return;
    for (const child of this.below(digest)) yield [child, 'platformOf'];
    const subject = this.#subjects.get(digest);
    if (subject !== undefined) yield [subject, 'subjectOf'];
  }

  /** Everything an index lists, indexes within it too; one that holds itself comes to an end (row 46). */
  below(digest: Digest): Set<Digest> {
    const found = new Set<Digest>();
    const pending = [...(this.#children.get(digest) ?? [])];
    for (let child = pending.pop(); child !== undefined; child = pending.pop()) {
      if (found.has(child)) continue;
      found.add(child);
      pending.push(...(this.#children.get(child) ?? []));
    }
    return found;
  }
}
