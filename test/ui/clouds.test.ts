/** Registries of the clouds in a window: what is locked, what is searched for, what has to be created first. */
import * as assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../src/core/oci/digest.ts';
import { MediaType } from '../../src/core/oci/mediaType.ts';
import { startAcrContract, type AcrContract } from '../support/contract/acr.ts';
import { startHubContract, type HubContract } from '../support/contract/dockerHub.ts';
import { startMoto } from '../support/servers/moto.ts';
import type { TestServer } from '../support/servers/startProcess.ts';
import { useWorkbench } from './useWorkbench.ts';

describe('Registries of the clouds', () => {
  const stack = new AsyncDisposableStack();
  let azure: AcrContract;
  let hub: HubContract;
  let aws: TestServer;
  let dockerConfig: string;

  before('registries whose APIs are as Azure’s, Docker Hub’s and Amazon’s', async () => {
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MediaType.ociManifest,
        config: { mediaType: MediaType.ociConfig, digest: digestOf(Buffer.from('{}')), size: 2 },
        layers: [],
      }),
    );
    const image = { digest: digestOf(bytes), bytes, mediaType: MediaType.ociManifest, imageSize: 12_345_678 };
    azure = stack.use(
      await startAcrContract({
        repositories: {
          'team/app': {
            manifests: [{ ...image, tags: ['1.0', '1.1'] }],
            tagAttributes: { '1.0': { deleteEnabled: false, writeEnabled: false } },
          },
        },
      }),
    );
    hub = stack.use(
      await startHubContract({ repositories: { 'library/postgres': [], 'acme/postgres-ha': [] } }),
    );
    aws = stack.use(await startMoto());
    // As `az acr login` leaves it.
    dockerConfig = await mkdtemp(join(tmpdir(), 'berth-docker-'));
    stack.defer(() => rm(dockerConfig, { recursive: true, force: true }));
    const user = Buffer.from('00000000-0000-0000-0000-000000000000:').toString('base64');
    const identitytoken = azure.issueRefreshToken(['AcrPull', 'AcrDelete']);
    const auths = { [azure.server.host]: { auth: user, identitytoken } };
    await writeFile(join(dockerConfig, 'config.json'), JSON.stringify({ auths }));
  });
  after(() => stack.disposeAsync());

  const suite = useWorkbench(() => ({
    settings: {
      'berth.connections': [
        { name: 'Azure', url: azure.server.origin, provider: 'acr', auth: 'docker' },
        {
          name: 'Amazon',
          url: aws.url,
          provider: 'ecr',
          auth: 'aws',
          profile: '',
          region: 'eu-west-1',
          apiUrl: aws.url,
        },
        {
          name: 'Hub',
          url: hub.server.origin,
          provider: 'dockerHub',
          auth: 'anonymous',
          apiUrl: hub.server.origin,
        },
      ],
    },
    env: {
      DOCKER_CONFIG: dockerConfig,
      AWS_ACCESS_KEY_ID: 'AKIATEST',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  }));

  it('show what is locked, and say how it is unlocked when it is to be deleted', async () => {
    const { workbench } = suite();
    await workbench.showContainer('Berth');
    await workbench.view('Local Images').close();
    const view = workbench.view('Registries');
    const tag = await view.item('Azure', 'team', 'app', '1.0');
    await tag.waitForDescription(/MB · locked/);
    await workbench.shot('clouds-locked');
    await tag.choose('Delete Tag…');
    await workbench.dialog.waitFor('Delete the tag "1.0"');
    await workbench.dialog.click('Delete');
    const refusal = workbench.notification(/The tag is locked/);
    await refusal.waitFor();
    assert.match(await refusal.text(), /az acr repository update --name \S+ --image team\/app:1\.0/);
    await workbench.shot('clouds-locked-refusal');
    await refusal.dismiss();
    await (await view.item('Azure', 'team', 'app', '1.1')).choose('Delete Tag…');
    await workbench.dialog.click('Delete');
    await workbench.notification(/Deleted 1\.1/).waitFor();
    assert.deepEqual(azure.tagsOf('team/app'), ['1.0']);
  });

  it('have a repository created that a push needs', async () => {
    const { workbench } = suite();
    const { quickInput } = workbench;
    const view = workbench.view('Registries');
    await (await view.item('Amazon')).choose('Create Repository…');
    await quickInput.waitFor('Name of the new repository in Amazon');
    await quickInput.answerWrongly('Team/App', /lower case/);
    await quickInput.answer('team/new');
    await view.item('Amazon', 'team', 'new');
    await workbench.shot('clouds-created');
  });

  it('are searched for public images, which are pinned where they were found', async () => {
    const { workbench } = suite();
    const { quickInput } = workbench;
    await workbench.runCommand('Berth: Search Docker Hub…');
    await quickInput.waitFor('Search Docker Hub');
    await quickInput.type('postgres');
    await quickInput.option(/acme\/postgres-ha/).waitFor();
    await workbench.shot('clouds-search');
    await quickInput.pick(/acme\/postgres-ha/);
    await quickInput.waitFor('Search Docker Hub: acme/postgres-ha');
    await quickInput.pick('Pin in the Registries View');
    await workbench.view('Registries').item('Hub', 'acme', 'postgres-ha');
  });
});
