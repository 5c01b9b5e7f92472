import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { nullLogger } from '../../../../src/core/common/Logger.ts';
import type { CapabilityFinding } from '../../../../src/core/registry/capability.ts';
import { cancelledError } from '../../../../src/core/registry/transport/cancellation.ts';
import type { CapabilitiesView } from '../../../../src/panels/capabilities/capabilitiesPanelProtocol.ts';
import {
  CapabilitiesPanelSession,
  type CapabilitiesPanelDependencies,
} from '../../../../src/panels/capabilities/CapabilitiesPanelSession.ts';

const YES: CapabilityFinding = { name: 'catalog', answer: 'yes' };

/** A session whose window and registry are recorded. */
function createSession(changed: Partial<CapabilitiesPanelDependencies> = {}, checkAtOnce = true) {
  const views: CapabilitiesView[] = [];
  const copied: string[] = [];
  const errors: unknown[] = [];
  const session = new CapabilitiesPanelSession(
    { connectionId: 'c', repository: 'team/app' },
    checkAtOnce,
    {
      known: () => [],
      probe: async (_, __, onFinding) => onFinding(YES),
      word: (name, state) => ({ stateLabel: state, title: name, meaning: `meaning of ${name}` }),
      frame: () => ({
        title: 'host/team/app',
        strings: {} as CapabilitiesView['strings'],
        registryTitle: 'Registry',
        repositoryTitle: 'Repository',
      }),
      copy: async (text) => void copied.push(text),
      chooseRepository: async () => undefined,
      showError: (error) => errors.push(error),
      logger: nullLogger,
      ...changed,
    },
    (view) => views.push(view),
  );
  const stateOf = (name: string, view = views.at(-1)!) =>
    view.groups.flatMap(({ rows }) => rows).find((row) => row.name === name)?.state;
  return { session, views, copied, errors, stateOf };
}

describe('A session of the capabilities panel', () => {
  it('checks at once, and shows every line as soon as it is known', async () => {
    const found = Promise.withResolvers<undefined>();
    const { session, views, stateOf } = createSession({
      probe: async (_, __, onFinding) => {
        onFinding(YES);
        await found.promise;
      },
    });
    const ready = session.receive({ type: 'ready' });
    await nextTurn();
    assert.equal(stateOf('catalog'), 'yes');
    assert.equal(stateOf('range'), 'checking');
    assert.equal(views.at(-1)!.isChecking, true);
    found.resolve(undefined);
    await ready;
    assert.equal(stateOf('range'), 'waiting');
    assert.equal(views.at(-1)!.isChecking, false);
  });

  it('shows what is known and asks nothing where it came back with its window', async () => {
    const { session, stateOf } = createSession(
      { known: () => [YES], probe: () => Promise.reject(new Error('asked')) },
      false,
    );
    await session.receive({ type: 'ready' });
    assert.equal(stateOf('catalog'), 'yes');
    assert.equal(stateOf('range'), 'waiting');
  });

  it('asks for the right to push only on a word', async () => {
    const asked: string[] = [];
    const { session } = createSession({ probe: async (_, probe) => void asked.push(probe) });
    await session.receive({ type: 'ready' });
    assert.deepEqual(asked, ['all']);
    await session.receive({ type: 'checkMount' });
    assert.deepEqual(asked, ['all', 'mount']);
  });

  it('stops when told to, keeps what came, and takes it for no error', async () => {
    const { session, views, errors, stateOf } = createSession({
      probe: (_, __, onFinding, signal) => {
        onFinding(YES);
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(cancelledError()));
        });
      },
    });
    const ready = session.receive({ type: 'ready' });
    await nextTurn();
    await session.receive({ type: 'cancel' });
    await ready;
    assert.equal(stateOf('catalog'), 'yes');
    assert.equal(views.at(-1)!.isChecking, false);
    assert.deepEqual(errors, []);
  });

  it('says why nothing could be asked', async () => {
    const { session, errors } = createSession({ probe: () => Promise.reject(new Error('gone')) });
    await session.receive({ type: 'ready' });
    assert.equal(errors.length, 1);
  });

  it('posts nothing more once it is closed', async () => {
    const found = Promise.withResolvers<undefined>();
    const { session, views } = createSession({
      probe: async (_, __, onFinding) => {
        await found.promise;
        onFinding(YES);
      },
    });
    const ready = session.receive({ type: 'ready' });
    await nextTurn();
    session.dispose();
    const before = views.length;
    found.resolve(undefined);
    await ready;
    assert.equal(views.length, before);
  });

  it('copies all lines as text', async () => {
    const { session, copied } = createSession();
    await session.receive({ type: 'ready' });
    await session.receive({ type: 'copyAsText' });
    assert.match(copied[0]!, /^host\/team\/app\n\nRegistry\n- catalog: yes\. meaning of catalog/);
  });

  it('drops what is not in the protocol', async () => {
    const { session, views } = createSession();
    for (const data of [null, 'ready', { type: 'evil' }, { type: 'check', more: 1 }])
      await session.receive(data);
    assert.deepEqual(views, []);
  });
});
