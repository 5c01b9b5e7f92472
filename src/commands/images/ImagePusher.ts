/** Pushes local images: tags them for their registry first where needed, signs in where refused, tells the tree. */
import * as vscode from 'vscode';
import { isCoreError } from '../../core/common/CoreError.ts';
import type { LocalImage } from '../../core/docker/LocalImage.ts';
import { shortDigest, type Digest } from '../../core/oci/digest.ts';
import {
  DEFAULT_TAG,
  DOCKER_HUB_HOST,
  familiarReference,
  parseReference,
  tryParseReference,
  type Reference,
} from '../../core/oci/reference.ts';
import type { RegistriesNode } from '../../explorer/nodes.ts';
import { askPick, dismissed } from '../../platform/ask.ts';
import { copyText } from '../tags/manifestTarget.ts';
import type { Services } from '../Services.ts';
import { imageName } from './askLocalImage.ts';
import { agreesToCreate, createRepository } from './createRepository.ts';
import type { DockerSignIn } from './DockerSignIn.ts';
import { askRepositoryName, type ReferenceForm } from './ReferenceForm.ts';
import { about, trackWork } from './trackWork.ts';

/** What is known of an image that is pushed. */
export type PushedImage = Pick<LocalImage, 'id' | 'reference'>;

/** A place in the tree that can be pushed to. */
export type PushTarget = RegistriesNode & { readonly connectionId: string };

type Needs = Pick<
  Services,
  'docker' | 'sessions' | 'activity' | 'registriesTree' | 'registriesView' | 'localImagesTree'
>;

export class ImagePusher {
  readonly #services: Needs;
  readonly #signIn: DockerSignIn;
  readonly #form: ReferenceForm;

  constructor(services: Needs, signIn: DockerSignIn, form: ReferenceForm) {
    this.#services = services;
    this.#signIn = signIn;
    this.#form = form;
  }

  /** Pushes an image under its own name, or under one it is given first where its own leads nowhere. */
  async push(image: PushedImage): Promise<void> {
    await this.#pushReference(await this.#referenceToPush(image));
  }

  /** Gives the image a name in `target` and pushes it there. */
  async pushTo(image: PushedImage, target: PushTarget): Promise<void> {
    const reference = await this.#referenceIn(image, target);
    await this.#tag(image, reference);
    await this.#pushReference(reference);
  }

  /** Says that something was pushed, to the tree and to the person. */
  announce(reference: string, digest: Digest | undefined): void {
    const { host, repository, tag = DEFAULT_TAG } = parseReference(reference);
    const places = this.#services.sessions.find(host, repository);
    for (const place of places)
      this.#services.sessions.notifyRepositoryChanged(place.connectionId, place.repository);
    const copyDigest = vscode.l10n.t('Copy Digest');
    const show = vscode.l10n.t('Show in Registries');
    const buttons = [...(digest === undefined ? [] : [copyDigest]), ...(places.length > 0 ? [show] : [])];
    void vscode.window
      .showInformationMessage(
        digest === undefined
          ? vscode.l10n.t('Pushed {0}', reference)
          : vscode.l10n.t('Pushed {0} ({1})', reference, digest),
        ...buttons,
      )
      .then(async (answer) => {
        if (answer === copyDigest && digest !== undefined) await copyText(digest);
        if (answer !== show) return;
        const node = this.#services.registriesTree.tagNode(
          places[0]!.connectionId,
          places[0]!.repository,
          tag,
        );
        if (node) await this.#services.registriesView.reveal(node, { select: true, focus: true });
      });
  }

  async #pushReference(reference: string): Promise<void> {
    const { host } = parseReference(reference);
    const push = async () => {
      const outcome = await this.#services.activity.run(
        { title: vscode.l10n.t('Pushing {0}', reference), icon: 'cloud-upload' },
        async (handle) => {
          const pushed = await about(reference, () =>
            this.#services.docker.push(reference, trackWork(handle)),
          );
          return {
            ...(pushed.digest !== undefined && {
              digest: pushed.digest,
              detail: shortDigest(pushed.digest),
            }),
            pushedDigest: pushed.digest,
          };
        },
      );
      return outcome.pushedDigest;
    };
    const digest = await this.#offeringRepository(reference, () => this.#signIn.retrying(host, push));
    this.announce(reference, digest);
    this.#services.localImagesTree.refresh();
  }

  /** Where the registry wants the repository to be there first, offers to create it and pushes again. */
  async #offeringRepository<Result>(reference: string, push: () => Promise<Result>): Promise<Result> {
    try {
      return await push();
    } catch (error) {
      if (!isCoreError(error, 'notFound') || error.details.reason !== 'repositoryUnknown') throw error;
      const { host, repository } = parseReference(reference);
      const create = await this.#repositoryCreator(host, repository);
      if (!create) throw error;
      if (!(await agreesToCreate(host, repository))) throw dismissed();
      await create();
      return push();
    }
  }

  /** Undefined where no connection to the registry can create repositories. */
  async #repositoryCreator(host: string, repository: string): Promise<(() => Promise<void>) | undefined> {
    for (const place of this.#services.sessions.find(host, repository)) {
      const { provider } = await this.#services.sessions.open(place.connectionId);
      if (!provider.createRepository) continue;
      return () => createRepository(provider, place.repository);
    }
    return undefined;
  }

  async #tag(image: PushedImage, reference: string): Promise<void> {
    if (image.reference === reference) return;
    await this.#services.docker.tag(image.reference ?? image.id, reference, new AbortController().signal);
    this.#services.localImagesTree.refresh();
  }

  async #referenceToPush(image: PushedImage): Promise<string> {
    const own = nameToPush(image);
    if (own && this.#leadsSomewhere(own)) return familiarReference(own);
    const title = vscode.l10n.t('Push {0}', imageName(image));
    if (own) {
      const tagFirst = { label: vscode.l10n.t('Tag It for Another Registry First…'), asItIs: false };
      const push = { label: vscode.l10n.t('Push to {0}', hostName(own)), asItIs: true };
      const { asItIs } = await askPick({
        title,
        placeholder: isOfficial(own)
          ? vscode.l10n.t('Without a host or namespace this is an official image of Docker Hub')
          : vscode.l10n.t('{0} is not among your connections', own.host),
        items: isOfficial(own) ? [tagFirst, push] : [push, tagFirst],
      });
      if (asItIs) return familiarReference(own);
    }
    const reference = await this.#form.ask(title, {
      name: lastPart(own?.repository) ?? 'image',
      tag: own?.tag ?? DEFAULT_TAG,
    });
    await this.#tag(image, reference);
    return reference;
  }

  /** An official image of Docker Hub is nobody's to push. */
  #leadsSomewhere(own: Reference): boolean {
    if (isOfficial(own)) return false;
    return own.host === DOCKER_HUB_HOST || this.#services.sessions.find(own.host, own.repository).length > 0;
  }

  /** The repository of `target`, or the image's own name in it; the image's own tag. */
  async #referenceIn(image: PushedImage, target: PushTarget): Promise<string> {
    const own = nameToPush(image);
    const { endpoint } = await this.#services.sessions.open(target.connectionId);
    const ask = (value: string) =>
      askRepositoryName(vscode.l10n.t('Push to {0}', endpoint.referenceHost), value);
    const name = lastPart(own?.repository);
    let repository: string;
    if ('repository' in target && target.repository !== undefined) repository = target.repository;
    else if (target.kind === 'namespace') {
      const prefix = `${target.namespace}/`;
      repository = name === undefined ? await ask(prefix) : prefix + name;
    } else {
      // Docker Hub has no repositories of one's own outside a namespace.
      const isAmbiguous = name === undefined || endpoint.referenceHost === DOCKER_HUB_HOST;
      repository = isAmbiguous ? await ask(name ?? '') : name;
    }
    const tag = own?.tag ?? DEFAULT_TAG;
    return familiarReference(parseReference(`${endpoint.referenceHost}/${repository}:${tag}`));
  }
}

/** The image's own name, if it is one that can be pushed: with a tag, not by digest. */
function nameToPush({ reference }: PushedImage): Reference | undefined {
  const own = reference === undefined ? undefined : tryParseReference(reference);
  return own?.digest === undefined ? own : undefined;
}

function isOfficial({ host, repository }: Reference): boolean {
  return host === DOCKER_HUB_HOST && repository.startsWith('library/');
}

function hostName({ host }: Reference): string {
  return host === DOCKER_HUB_HOST ? 'Docker Hub' : host;
}

function lastPart(repository: string | undefined): string | undefined {
  return repository?.slice(repository.lastIndexOf('/') + 1);
}
