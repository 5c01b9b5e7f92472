/** Connections from what Docker and Podman on the machine know, what registries.conf forbids, and client certificates. */
import * as assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createCertificates, type ClientCertificate } from '../support/servers/certificates.ts';
import { startDistribution } from '../support/servers/distribution.ts';
import { startNginx } from '../support/servers/nginx.ts';
import type { TestServer } from '../support/servers/startProcess.ts';
import { pushSample, sampleImage } from '../support/sampleImage.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { useWorkbench } from './useWorkbench.ts';

const SECRET = 'c4nary-of-the-import-test';

describe('Importing connections', () => {
  const stack = new AsyncDisposableStack();
  let open: TestServer;
  let ownCa: TestServer;
  let untrusted: TestServer;
  let blocked: TestServer;
  let mutual: TestServer;
  let caPem: string;
  let client: ClientCertificate;

  before(
    'registries: open, behind a CA of certs.d, behind one nobody knows, blocked, with client certificates',
    async () => {
      const certificates = stack.use(await createCertificates());
      caPem = certificates.caPem;
      client = await certificates.issueClient('client');
      open = stack.use(await startDistribution());
      blocked = stack.use(await startDistribution());
      for (const { url } of [open, blocked]) {
        await using connection = new TestConnection(url);
        await pushSample(connection.client, 'team/app', sampleImage(), '1.0');
      }
      const inFront = async (clientCaFile?: string) =>
        stack.use(
          await startNginx({
            upstream: open.url,
            pathPrefix: '',
            tls: { ...certificates, ...(clientCaFile !== undefined && { clientCaFile }) },
          }),
        );
      [ownCa, untrusted, mutual] = [await inFront(), await inFront(), await inFront(certificates.caFile)];
    },
  );
  after(() => stack.disposeAsync());

  const suite = useWorkbench(() => ({
    settings: { 'berth.connections': [] },
  }));

  const writeHome = async (path: string, content: string) => {
    const file = join(suite().home, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  };

  before('what docker login and podman login left in the home', async () => {
    const auth = Buffer.from(`ada:${SECRET}`).toString('base64');
    const auths = { 'ghcr.io': { auth }, [open.host]: { auth }, '127.0.0.1:1': { auth } };
    await writeHome('.docker/config.json', JSON.stringify({ auths }));
    await writeHome(
      '.config/containers/registries.conf',
      `unqualified-search-registries = ["docker.io"]

[[registry]]
location = "${ownCa.host}"
[[registry.mirror]]
location = "mirror.example.com:5000/team"

[[registry]]
location = "${untrusted.host}"
insecure = true

[[registry]]
location = "${blocked.host}"
blocked = true
`,
    );
    await writeHome('.config/containers/registries.conf.d/50-typo.conf', '[[registry]]\nlocation = oops\n');
    await writeHome(`.config/containers/certs.d/${ownCa.host}/ca.crt`, caPem);
    await writeHome(`.docker/certs.d/${mutual.host}/ca.crt`, caPem);
    await writeHome(`.docker/certs.d/localhost:${mutual.port}/ca.crt`, caPem);
    const pair = [client.certificateFile, client.keyFile].map((file) => readFile(file, 'utf8'));
    await writeHome('certs/ca.pem', caPem);
    await writeHome('certs/both.pem', (await Promise.all(pair)).join(''));
    await copyFile(client.certificateFile, join(suite().home, 'certs/client.pem'));
    await copyFile(client.encryptedKeyFile, join(suite().home, 'certs/client.key'));
  });

  it('lists what is found with where it is named, and the file that does not parse with its line', async () => {
    const { workbench } = suite();
    const { quickInput } = workbench;
    await workbench.showContainer('Berth');
    await workbench.view('Registries').welcomeAction('Import Connections').click();
    await quickInput.option(/^ghcr\.io/).waitFor();
    const broken = workbench.notification(/50-typo\.conf cannot be read: line 2 is not valid/);
    await broken.waitFor();
    await workbench.shot('import-list');
    const said = async (label: RegExp) => (await quickInput.option(label).getAttribute('aria-label')) ?? '';
    assert.match(
      await said(new RegExp(`^${ownCa.host}`)),
      /pulls may come from mirror\.example\.com:5000\/team/,
    );
    assert.match(await said(new RegExp(`^${untrusted.host}`)), /marked insecure/);
    assert.match(await said(/^ghcr\.io/), /Docker, as ada/);
    await broken.dismiss();
  });

  it('cannot tick what is blocked', async () => {
    const { workbench } = suite();
    const { quickInput } = workbench;
    const option = quickInput.option(new RegExp(`^${blocked.host}.*blocked by`));
    await quickInput.type(blocked.host);
    await option.click();
    await option.and(workbench.page.locator('[aria-checked="false"]')).waitFor();
    await quickInput.type('');
    await quickInput.waitFor(/7 Selected/);
  });

  it('imports the ticked ones, asks about a certificate nobody knows, and says what happened', async () => {
    const { workbench } = suite();
    await workbench.quickInput.input.press('Enter');
    await workbench.dialog.waitFor(/([0-9A-F]{2}:){31}[0-9A-F]{2}/);
    await workbench.shot('import-certificate');
    await workbench.dialog.click('Trust This Certificate');
    await workbench.notification(/7 connections were imported.*3 of them could not be checked yet/).waitFor();
    const view = workbench.view('Registries');
    await view.item(open.host, 'team', 'app', '1.0');
    await view.item(ownCa.host, 'team', 'app', '1.0');
    await view.item(untrusted.host, 'team', 'app', '1.0');
    await view.item('ghcr.io');
    await view.item('127.0.0.1:1', /Nothing listens there/);
    await workbench.shot('imported');
  });

  it('keeps no secret in the settings', async () => {
    const { server } = suite();
    const settings = await readFile(join(server.dataFolder, 'data/User/settings.json'), 'utf8').catch(() =>
      readFile(join(server.dataFolder, 'data/Machine/settings.json'), 'utf8'),
    );
    assert.match(settings, /ghcr\.io/);
    assert.ok(
      !settings.includes(SECRET) && !settings.includes(Buffer.from(SECRET).toString('base64').slice(4, 20)),
    );
  });

  it('takes them off again with Undo', async () => {
    const { workbench } = suite();
    const view = workbench.view('Registries');
    const item = await view.item(open.host);
    await workbench.notification(/connections were imported/).click('Undo');
    await item.waitUntilGone();
    await view.welcomeAction('Import Connections').waitFor();
  });

  it('contacts a blocked registry only by an explicit choice', async () => {
    const { workbench, server } = suite();
    await server.writeSettings({
      'berth.connections': [{ name: 'Blocked', url: blocked.url, auth: 'anonymous' }],
    });
    const view = workbench.view('Registries');
    const before = blocked.log();
    const error = await view.item('Blocked', /Blocked on this machine/);
    await workbench.shot('blocked');
    assert.equal(blocked.log(), before);
    await error.select();
    await workbench.dialog.waitFor(/is blocked by .*registries\.conf/);
    await workbench.dialog.click('Connect Anyway');
    await view.item('Blocked', 'team', 'app', '1.0');
  });

  it('leads from the refusal of a registry that wants a client certificate to its tags', async () => {
    const { workbench, server } = suite();
    await server.writeSettings({
      'berth.connections': [{ name: 'Mutual', url: mutual.url, auth: 'anonymous' }],
    });
    const { quickInput } = workbench;
    const view = workbench.view('Registries');
    const error = await view.item('Mutual', /Client certificate needed/);
    await workbench.shot('client-certificate-needed');
    await error.select();
    await quickInput.answerFileDialog(/Client Certificate \(PEM\)/, join(suite().home, 'certs/client.pem'));
    await quickInput.answerFileDialog(
      /Private Key of the Certificate/,
      join(suite().home, 'certs/client.key'),
    );
    await quickInput.waitFor(/Passphrase of ~\/certs\/client\.key/);
    await quickInput.answerWrongly('wrong', /This passphrase does not open the key/);
    await workbench.shot('client-certificate-passphrase');
    await quickInput.answer(client.passphrase);
    await view.item('Mutual', 'team', 'app', '1.0');
    await workbench.shot('client-certificate-tree');
    assert.ok(!workbench.consoleLines.join('\n').includes(client.passphrase));
  });

  it('trusts a certificate authority that Edit Connection names, and no other file', async () => {
    const { workbench, server } = suite();
    await server.writeSettings({
      'berth.connections': [{ name: 'Private', url: untrusted.url, auth: 'anonymous' }],
    });
    const { quickInput, dialog } = workbench;
    const view = workbench.view('Registries');
    await view.item('Private', /Certificate not trusted/);
    await (await view.item('Private')).choose('Edit Connection…');
    await quickInput.pick('Certificate Authority');
    await quickInput.pick('Choose Certificate Authority…');
    await quickInput.answerFileDialog(
      /Certificate Authority \(PEM\)/,
      join(suite().home, 'certs/client.key'),
    );
    await dialog.waitFor(/client\.key holds no certificate in PEM form/);
    await dialog.click('Choose Again');
    await quickInput.answerFileDialog(/Certificate Authority \(PEM\)/, join(suite().home, 'certs/ca.pem'));
    await view.item('Private', 'team', 'app', '1.0');
  });

  it('asks for the client certificate while connecting, before anything is saved', async () => {
    const { workbench } = suite();
    const { quickInput, dialog } = workbench;
    const address = `https://localhost:${mutual.port}`;
    await workbench.runCommand('Berth: Connect a Registry…');
    await quickInput.waitFor('Which registry?');
    await quickInput.pick('Type an Address…');
    await quickInput.waitFor('Address of the registry');
    await quickInput.type(address);
    await quickInput.input.press('Enter');
    await dialog.waitFor(/lets in only clients that show a certificate/);
    await workbench.shot('connect-client-certificate');
    await dialog.click('Choose Client Certificate…');
    await quickInput.answerFileDialog(/Client Certificate \(PEM\)/, join(suite().home, 'certs/both.pem'));
    await quickInput.waitFor(/How do you sign in/);
    await quickInput.pick('Anonymous');
    await workbench.view('Registries').item(`localhost:${mutual.port}`, 'team', 'app', '1.0');
  });
});
