/** By which rules to clean up: saved ones, a preset with a number, or one's own, step by step. */
import * as vscode from 'vscode';
import type { CleanUpRule, CleanUpRuleSet } from '../../core/operations/cleanup/CleanUpRules.ts';
import { parseTagPattern } from '../../core/oci/tagPattern.ts';
import { createTagFilter } from '../../core/oci/tagFilter.ts';
import { GoBack, askPick, askText } from '../../platform/ask.ts';
import { readSavedRules } from '../../platform/cleanUpRuleSettings.ts';
import type { LastAnswers } from '../../platform/LastAnswers.ts';
import { wordRuleSet } from '../../platform/wordCleanUp.ts';
import { wordError } from '../../platform/wordError.ts';
import { problemOf } from '../problemOf.ts';

export interface RulesQuestion {
  readonly title: string;
  readonly repository: string;
  readonly recordsPulls: boolean;
  readonly listsUntagged: boolean;
  readonly answers: LastAnswers;
}

interface Choice extends vscode.QuickPickItem {
  /** Already whole. */
  readonly saved?: CleanUpRuleSet;
  /** Where the questions start from. */
  readonly rule?: CleanUpRule;
  readonly ask?: (draft: Draft) => (() => Promise<void>)[];
}

/** What the answers add up to; each question changes its part, so that Back can ask it again. */
interface Draft {
  rule: CleanUpRule;
  protect: readonly string[];
}

/** @throws CancellationError when dismissed. */
export async function askCleanUpRules(question: RulesQuestion): Promise<CleanUpRuleSet> {
  const { title, answers } = question;
  for (;;) {
    const { saved, label, rule, ask } = await askPick<Choice>({
      title,
      placeholder: vscode.l10n.t('What is to go? You see every tag before anything is deleted.'),
      items: choices(question),
      active: (choice) => choice.label === answers.get('cleanUpRules'),
    });
    await answers.remember('cleanUpRules', label);
    if (saved) return saved;
    const draft: Draft = { rule: rule ?? {}, protect: [] };
    const steps = [...(ask?.(draft) ?? []), () => askProtected(title, draft, answers)];
    if (!(await askSteps(steps))) continue;
    const ruleSet = { name: '', delete: [draft.rule], protect: [...draft.protect] };
    return { ...ruleSet, name: wordRuleSet(ruleSet).slice(0, 100) };
  }
}

/** False for Back from the first. */
async function askSteps(steps: readonly (() => Promise<void>)[]): Promise<boolean> {
  for (let at = 0; at < steps.length;) {
    try {
      await steps[at]!();
      at++;
    } catch (error) {
      if (!(error instanceof GoBack)) throw error;
      if (--at < 0) return false;
    }
  }
  return true;
}

async function choices(question: RulesQuestion): Promise<Choice[]> {
  const { title, answers } = question;
  const { ruleSets, problems } = await readSavedRules();
  const fitting = ruleSets.filter(
    ({ repositories }) => repositories === undefined || createTagFilter(repositories)(question.repository),
  );
  const number = (name: keyof CleanUpRule, prompt: string, standard: number): NonNullable<Choice['ask']> => {
    return (draft) => [
      async () => {
        const value = await askNumber(title, prompt, answers.get(`cleanUp.${name}`) ?? String(standard));
        await answers.remember(`cleanUp.${name}`, String(value));
        draft.rule = { ...draft.rule, [name]: value };
      },
    ];
  };
  const separator = (label: string): Choice => ({ label, kind: vscode.QuickPickItemKind.Separator });
  return [
    ...(fitting.length > 0 ? [separator(vscode.l10n.t('Saved rules'))] : []),
    ...fitting.map((saved) => ({ label: saved.name, description: wordRuleSet(saved), saved })),
    ...problems.map((problem) => ({
      label: vscode.l10n.t('$(warning) Rules that cannot be used'),
      description: wordError(problem).message,
      ask: () => [() => openRuleSettings()],
    })),
    separator(vscode.l10n.t('Rules')),
    {
      label: vscode.l10n.t('Keep the Newest…'),
      description: vscode.l10n.t('older images go, however old they are'),
      ask: number('keepNewest', vscode.l10n.t('How many images stay?'), 10),
    },
    {
      label: vscode.l10n.t('Delete Older Than…'),
      description: vscode.l10n.t('by the time they were made or pushed'),
      ask: number('olderThanDays', vscode.l10n.t('Older than how many days?'), 90),
    },
    ...(question.recordsPulls
      ? [
          {
            label: vscode.l10n.t('Delete Not Pulled For…'),
            description: vscode.l10n.t('this registry records pulls'),
            ask: number('notPulledForDays', vscode.l10n.t('Not pulled for how many days?'), 90),
          },
        ]
      : []),
    {
      label: vscode.l10n.t('Delete Pre-Releases Older Than…'),
      description: '1.2.0-rc.1, 2.0.0-beta',
      rule: { preReleases: true },
      ask: number('olderThanDays', vscode.l10n.t('Older than how many days?'), 30),
    },
    {
      label: vscode.l10n.t('Keep the Latest Patch of Each Minor Version'),
      description: vscode.l10n.t('of 1.2.0, 1.2.1 and 1.3.0 goes 1.2.0'),
      rule: { keepPatches: 1, preReleases: false },
    },
    {
      label: vscode.l10n.t('Delete by Pattern…'),
      description: 'pr-*, /^build-\\d+$/',
      ask: (draft) => [() => askPattern(title, draft, answers)],
    },
    ...(question.listsUntagged
      ? [
          {
            label: vscode.l10n.t('Delete Manifests Without a Tag Older Than…'),
            description: vscode.l10n.t('parts of images that stay are kept'),
            rule: { untagged: true } as const,
            ask: number('olderThanDays', vscode.l10n.t('Older than how many days?'), 7),
          },
        ]
      : []),
    {
      label: vscode.l10n.t('Rules of My Own…'),
      description: vscode.l10n.t('pattern, age, versions and number together'),
      ask: (draft) => askOwn(question, draft),
    },
  ];
}

async function openRuleSettings(): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.openSettings', 'berth.cleanUp.rules');
  throw new vscode.CancellationError();
}

function askOwn({ title, answers, recordsPulls }: RulesQuestion, draft: Draft): (() => Promise<void>)[] {
  const optional =
    (name: 'keepNewest' | 'olderThanDays' | 'notPulledForDays', prompt: string) => async () => {
      const value = await askNumber(title, prompt, String(draft.rule[name] ?? ''), true);
      draft.rule = withPart(draft.rule, name, value);
    };
  return [
    () => askPattern(title, draft, answers),
    optional('olderThanDays', vscode.l10n.t('Only those older than how many days? Empty: of any age')),
    ...(recordsPulls
      ? [optional('notPulledForDays', vscode.l10n.t('Only those not pulled for how many days? Empty: all'))]
      : []),
    () => askVersions(title, draft),
    optional('keepNewest', vscode.l10n.t('How many of the newest of them stay? Empty: none')),
  ];
}

async function askNumber(title: string, prompt: string, value: string): Promise<number>;
async function askNumber(
  title: string,
  prompt: string,
  value: string,
  isOptional: true,
): Promise<number | undefined>;
async function askNumber(
  title: string,
  prompt: string,
  value: string,
  isOptional = false,
): Promise<number | undefined> {
  const problemOf = (text: string): string | undefined =>
    /^\d{1,5}$/.test(text.trim()) || (isOptional && text.trim() === '')
      ? undefined
      : vscode.l10n.t('Type a whole number, such as 10.');
  return askText({
    title,
    prompt,
    value,
    canGoBack: true,
    validate: problemOf,
    accept: (text) => (text.trim() === '' ? undefined : Number(text.trim())),
  });
}

async function askPattern(title: string, draft: Draft, answers: LastAnswers): Promise<void> {
  const tags = await askText({
    title,
    prompt: vscode.l10n.t('Which tags? A pattern such as nightly-*, or /a regular expression/'),
    value: draft.rule.tags ?? answers.get('cleanUp.tags') ?? '*',
    canGoBack: true,
    validate: (text) => problemOfPattern(text),
    accept: (text) => text.trim(),
  });
  await answers.remember('cleanUp.tags', tags);
  draft.rule = { ...draft.rule, tags };
}

async function askVersions(title: string, draft: Draft): Promise<void> {
  const { parseVersionRange } = await import('../../core/operations/cleanup/CleanUpRules.ts');
  const versions = await askText({
    title,
    prompt: vscode.l10n.t(
      'Which versions? A range such as <2.0.0 or 1.x. Empty: all, and what is no version',
    ),
    value: draft.rule.versions ?? '',
    canGoBack: true,
    validate: (text) => problemOf(() => text.trim() !== '' && parseVersionRange(text.trim())),
    accept: (text) => text.trim(),
  });
  draft.rule = withPart(draft.rule, 'versions', versions === '' ? undefined : versions);
}

async function askProtected(title: string, draft: Draft, answers: LastAnswers): Promise<void> {
  if (draft.rule.untagged) return;
  const split = (text: string): string[] => text.split(/[\s,]+/).filter((pattern) => pattern !== '');
  const text = await askText({
    title,
    prompt: vscode.l10n.t(
      'Which tags stay whatever the rules say? Patterns, separated by spaces. Signed images and tags that files of the workspace use stay anyway.',
    ),
    value: answers.get('cleanUp.protect') ?? 'latest',
    canGoBack: true,
    validate: (typed) => split(typed).map(problemOfPattern).find(Boolean),
    accept: (typed) => typed.trim(),
  });
  await answers.remember('cleanUp.protect', text);
  draft.protect = split(text);
}

/** Undefined takes the part away. */
function withPart<Part extends keyof CleanUpRule>(
  rule: CleanUpRule,
  part: Part,
  value: CleanUpRule[Part] | undefined,
): CleanUpRule {
  const others = Object.entries(rule).filter(([name]) => name !== part);
  return Object.fromEntries([...others, ...(value === undefined ? [] : [[part, value] as const])]);
}

function problemOfPattern(text: string): string | undefined {
  return problemOf(() => parseTagPattern(text));
}
