import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { pageStates, type PageState } from '../dev/pageStates';
import { findings, overflowing, test } from './judge';

const softly = expect.configure({ soft: true });

const stateOf = (page: Page, { id }: PageState) =>
  page.getByTestId(`state-${id}`);

/** True for states that show a skeleton. */
const isSkeleton = ({ id }: PageState) => id.endsWith('loading');

/**
 * Uses the links of the page, so that no state needs a page load. They are not under test, so the click does not wait
 * for two equal frames: a busy machine may draw none for many seconds after a picture was taken.
 */
async function goTo(page: Page, state: PageState) {
  await page
    .getByRole('navigation', { name: 'States' })
    .getByRole('link', { name: state.title, exact: true })
    .dispatchEvent('click');
  await expect(stateOf(page, state)).toBeVisible();
  if (!isSkeleton(state)) {
    await expect(stateOf(page, state).locator('.bui-Skeleton')).toHaveCount(0);
  }
}

/** Opens what the state shows opened; a change of the theme mounts the page again, folded. */
async function open(page: Page, state: PageState) {
  if (state.presses) {
    const button = stateOf(page, state)
      .getByRole('button', { name: state.presses })
      .first();
    if ((await button.getAttribute('aria-expanded')) === 'false') {
      await button.press('Enter');
    }
    await expect(button).toHaveAttribute('aria-expanded', 'true');
  }
  if (!state.opens) return;
  const details = stateOf(page, state).locator('details', {
    has: page.locator('summary', { hasText: state.opens }),
  });
  await details.evaluate((element: HTMLDetailsElement) => {
    element.open = true;
  });
  await expect(details.getByRole('table')).toBeVisible();
}

for (const [view, states] of Object.entries(pageStates)) {
  test(`every state of the ${view}, in both themes, wide and narrow`, async ({
    page,
    dev,
  }) => {
    await page.goto(`${dev.url}/?view=${view}`);
    // Otherwise colours would fade from one theme into the other
    await page.addStyleTag({
      content:
        '*, ::before, ::after { transition: none !important; animation: none !important }' +
        // It would cover the screenshots
        '[data-testid="mobile-sidebar-root"] { display: none }',
    });
    for (const state of states) {
      await test.step(state.title, async () => {
        await page.setViewportSize({ width: 1280, height: 900 });
        await goTo(page, state);
        for (const width of [1280, 480]) {
          await page.setViewportSize({ width, height: 900 });
          // Columns fold a moment after the window is resized
          await softly
            .poll(() => overflowing(page), {
              message: `${state.id} at ${width} px`,
            })
            .toEqual([]);
          for (const colorScheme of ['light', 'dark'] as const) {
            await page.emulateMedia({ colorScheme });
            await expect(page.locator('body')).toHaveAttribute(
              'data-theme-mode',
              colorScheme,
            );
            await open(page, state);
            if (process.env.SCREENSHOTS) {
              await stateOf(page, state).screenshot({
                path: join(
                  test.info().project.outputDir,
                  'page-states',
                  `${colorScheme}-${width}`,
                  `${view}-${state.id}.png`,
                ),
              });
            }
            // Folded columns have no other colours
            if (width < 1280 && colorScheme === 'dark') continue;
            expect
              .soft(
                await findings(page, {
                  hasText: !/^(access-)?loading$/.test(state.id),
                }),
                `${state.id}, ${colorScheme}, at ${width} px`,
              )
              .toEqual([]);
          }
        }
      });
    }
  });
}
