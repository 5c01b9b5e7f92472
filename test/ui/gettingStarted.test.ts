/** The walkthrough that leads a newcomer through the first registry. */
import { useWorkbench } from './useWorkbench.ts';

const STEPS = [
  ['Connect a registry', 'Connect Docker Hub'],
  ['Run a local registry', 'Run a Local Registry'],
  ['Build an image', 'Build Image'],
  ['Push it', 'Push Image'],
  ['See what is inside', 'Inspect Manifest'],
  ['Delete safely, and undo', 'Delete Tag'],
] as const;

describe('Getting Started', () => {
  // Wide enough for the pictures beside the steps.
  const suite = useWorkbench(() => ({ size: { width: 1600, height: 900 } }));

  it('opens from the empty view, a picture and a button a step', async () => {
    const { workbench } = suite();
    await workbench.showContainer('Berth');
    await workbench.view('Registries').welcomeAction('Getting Started').click();
    const page = workbench.page.locator('.gettingStartedContainer');
    await page.getByRole('heading', { level: 2, name: 'Get Started with Berth' }).waitFor();
    for (const [title, button] of STEPS) {
      const step = page.locator('.getting-started-step').filter({ hasText: title });
      await step.locator('.step-title').click();
      await step.getByRole('button', { name: button, exact: true }).waitFor();
    }
    const picture = page.locator('iframe.webview').contentFrame().locator('#active-frame').contentFrame();
    await picture.getByRole('img', { name: /^One tag is deleted/ }).waitFor();
    await workbench.shot('walkthrough');
  });

  it('starts what a step is about from its button', async () => {
    const { workbench } = suite();
    const step = workbench.page.locator('.getting-started-step').filter({ hasText: STEPS[0][0] });
    await step.locator('.step-title').click();
    await step.getByRole('button', { name: 'Connect a Registry', exact: true }).click();
    await workbench.shot('walkthrough-connect');
    await workbench.quickInput.waitFor(/Address of the registry/);
  });
});
