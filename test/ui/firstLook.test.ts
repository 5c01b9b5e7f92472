/** What a newcomer sees before anything is connected. */
import * as assert from 'node:assert/strict';
import { useWorkbench } from './useWorkbench.ts';

describe('The first look', () => {
  const suite = useWorkbench();

  it('opens Berth from the activity bar on a view that says how to begin', async () => {
    const { workbench } = suite();
    await workbench.showContainer('Berth');
    const registries = workbench.view('Registries');
    await registries.open();
    for (const action of [
      'Connect Docker Hub',
      'Connect a Registry',
      'Run a Local Registry',
      'Getting Started',
    ]) {
      await registries.welcomeAction(action).waitFor();
    }
    await workbench.shot('empty-state');
  });

  it('follows the theme and a narrow side bar', async () => {
    const { workbench, server } = suite();
    await workbench.resizeSidebar(200);
    for (const [name, theme] of Object.entries({
      light: 'Default Light Modern',
      dark: 'Default Dark Modern',
    })) {
      await server.writeSettings({ 'workbench.colorTheme': theme });
      await workbench.page.locator(`.monaco-workbench.vs${name === 'dark' ? '-dark' : ''}`).waitFor();
      await workbench.shot(`empty-state-narrow-${name}`);
    }
    assert.ok(await workbench.view('Registries').welcomeAction('Connect a Registry').isVisible());
  });
});
