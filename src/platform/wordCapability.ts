/** What a registry can do or not, in words: what it means for a person and what to do about it. */
import { l10n } from 'vscode';
import { toDisplayLine } from '../core/common/displayText.ts';
import type { CapabilityFinding, CapabilityName } from '../core/registry/capability.ts';
import { capabilityTitle } from './summarizeCapabilities.ts';
import { wordError } from './wordError.ts';

export interface WordedCapability {
  /** `Delete one tag` */
  readonly title: string;
  /** What follows from the answer. */
  readonly meaning: string;
  /** What a person can do about a no. */
  readonly advice?: string;
  /** How it is known: a request and its reply, or a sentence. */
  readonly evidence?: string;
}

/** @param kind of the provider: some advice holds for one kind of registry only. */
export function wordCapability(finding: CapabilityFinding, kind: string): WordedCapability {
  const advice = adviceFor(finding, kind);
  const evidence = evidenceOf(finding);
  return {
    title: capabilityTitle(finding.name),
    meaning: finding.answer === 'yes' ? meaningOfYes(finding.name) : meaningOfNo(finding, kind),
    ...(advice !== undefined && { advice }),
    ...(evidence !== undefined && { evidence }),
  };
}

function meaningOfYes(name: CapabilityName): string {
  switch (name) {
    case 'catalog':
      return l10n.t('The tree shows every repository this account may see.');
    case 'publicSearch':
      return l10n.t('Search All Registries finds what others have published here, too.');
    case 'listedDetails':
      return l10n.t('Tags come with digest, size and date; nothing more is asked for each of them.');
    case 'tagPages':
      return l10n.t('The first tags of a long list are there at once.');
    case 'deleteByTag':
      return l10n.t('A tag goes and the other tags on the same image stay.');
    case 'deleteByDigest':
      return l10n.t('An image can go with all its tags; Berth shows first what that takes.');
    case 'referrers':
      return l10n.t('Signatures, SBOMs and provenance of an image are found in one request.');
    case 'range':
      return l10n.t('Single files of an image can be read without loading whole layers.');
    case 'mount':
      return l10n.t('A copy within the registry moves no layers.');
  }
}

function meaningOfNo(finding: CapabilityFinding, kind: string): string {
  switch (finding.reason) {
    case 'signInNeeded':
      return l10n.t('Not without a sign-in.');
    case 'notAllowed':
      return l10n.t('The account that is used may not do this.');
    case 'nothingToTry':
      return l10n.t('The repository has no tag to try it with.');
    case 'tooFewTags':
      return l10n.t('The repository has too few tags to tell: they fit on any page.');
    case 'askFirst':
      return l10n.t(
        'Not tried: it asks for the right to push, and a registry that cannot do it opens an upload, which is cancelled at once. Nothing is stored.',
      );
    case 'failed':
      return wordError(finding.error).message;
    default:
      return meaningOfMissing(finding, kind);
  }
}

function meaningOfMissing({ name, reason }: CapabilityFinding, kind: string): string {
  switch (name) {
    case 'catalog':
      return l10n.t('The registry does not list its repositories; the tree shows those that are pinned.');
    case 'publicSearch':
      return l10n.t('Search All Registries looks through the repositories of this connection.');
    case 'listedDetails':
      return l10n.t('The list holds names only; digest, size and date are asked for each visible tag.');
    case 'tagPages':
      return l10n.t('All tags come in one reply, however many there are.');
    case 'deleteByTag':
      return reason === 'dummyManifest'
        ? l10n.t(
            'The registry deletes whole images only. Berth deletes one tag all the same: it moves the tag to a throw-away manifest first and deletes that.',
          )
        : reason === 'deleteDisabled'
          ? l10n.t('Deletion is switched off: tags can be moved, but not removed.')
          : l10n.t('The registry deletes whole images only, not single tags.');
    case 'deleteByDigest':
      return kind === 'oci'
        ? l10n.t('Deletion is switched off: images stay.')
        : l10n.t('The registry deletes by its own API only.');
    case 'referrers':
      return l10n.t(
        'What is attached to an image is kept under a tag of its own (sha256-…), which Berth reads and keeps up to date.',
      );
    case 'range':
      return l10n.t('A layer is always sent whole: to read one file Berth loads its layer.');
    case 'mount':
      return l10n.t('A copy to another repository of this registry sends its layers again.');
  }
}

function adviceFor({ name, reason, missing }: CapabilityFinding, kind: string): string | undefined {
  switch (reason) {
    case 'signInNeeded':
      return missing === undefined
        ? l10n.t('Sign in.')
        : l10n.t('Sign in with an account or token that has {0}.', toDisplayLine(missing));
    case 'notAllowed':
      return missing === undefined
        ? l10n.t('Sign in with an account that may, or ask the administrator.')
        : l10n.t(
            'It needs {0}: sign in with a token that has it, or ask the administrator.',
            toDisplayLine(missing),
          );
    case 'deleteDisabled':
      return kind === 'oci'
        ? l10n.t(
            'Its administrator can allow it (Distribution: {0}).',
            'REGISTRY_STORAGE_DELETE_ENABLED=true',
          )
        : undefined;
    case 'notOffered':
      return name === 'catalog' ? l10n.t('Pin the repositories you use.') : undefined;
    default:
      return undefined;
  }
}

function evidenceOf({ source }: CapabilityFinding): string | undefined {
  switch (source?.kind) {
    case undefined:
      return undefined;
    case 'ownApi':
      return l10n.t('by the registry’s own API');
    case 'provider':
      return l10n.t('known of this kind of registry');
    case 'reply':
      return toDisplayLine(`${shorten(source.request)} → ${source.status}`);
  }
}

/** Digests and our own random tags are long, and nobody compares them. */
function shorten(request: string): string {
  return request.replaceAll(/(sha256:[0-9a-f]{7}|berth-probe-)[0-9a-f]{25,}/g, '$1…');
}
