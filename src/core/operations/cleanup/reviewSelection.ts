/** What a reviewed plan comes to once the person has changed some of its lines. */
import { countBytesFreed } from './bytesFreed.ts';
import type { BytesFreed, CleanUpEntry, CleanUpPlan } from './CleanUpPlan.ts';
import { followNeeds } from './needs.ts';
import type { CleanUpTarget } from './runCleanUp.ts';

export interface ReviewSelection {
  readonly targets: readonly CleanUpTarget[];
  readonly staying: readonly CleanUpEntry[];
  /** Set to go by the person although they are protected, or something that stays needs them; `reason` says why. */
  readonly overridden: readonly CleanUpEntry[];
  readonly bytesFreed: BytesFreed;
}

type ReviewedPlan = Pick<CleanUpPlan, 'entries' | 'relations' | 'bytesFreed'>;

/** @param goes names that are to be deleted; one whose digest is not known stays all the same. */
export async function selectReviewed(
  plan: ReviewedPlan,
  goes: ReadonlySet<string>,
): Promise<ReviewSelection> {
  const isChanged = plan.entries.some(({ name, action }) => goes.has(name) !== (action === 'delete'));
  const chosen = plan.entries.map((entry): CleanUpEntry => {
    const action = goes.has(entry.name) && entry.digest !== undefined ? 'delete' : 'keep';
    return action === entry.action ? entry : { ...entry, action };
  });
  const needed = new Map(
    followNeeds(chosen, plan.relations)
      .filter(({ action, name }) => action === 'keep' && goes.has(name))
      .map((entry) => [entry.name, entry]),
  );
  const going = chosen.filter(({ action }) => action === 'delete');
  const original = new Map(plan.entries.map((entry) => [entry.name, entry]));
  return {
    targets: going.flatMap(({ name, digest, mediaType = '' }) =>
      digest === undefined ? [] : [{ name, digest, mediaType }],
    ),
    staying: chosen.filter(({ action }) => action === 'keep'),
    overridden: going.flatMap(({ name }) => {
      const before = original.get(name)!;
      return isProtected(before) ? [before] : (needed.get(name) ?? []);
    }),
    bytesFreed: isChanged
      ? await countBytesFreed(chosen, {
          children: plan.relations.children,
          maxManifestsRead: 0,
          read: () => Promise.resolve(undefined),
        })
      : plan.bytesFreed,
  };
}

/** Whether it stays for a reason, and not only because no rule fits it. */
export function isProtected({ action, reason }: Pick<CleanUpEntry, 'action' | 'reason'>): boolean {
  return action === 'keep' && reason.kind !== 'noRule' && reason.kind !== 'rule';
}
