import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { pageStates, type PageState } from '../dev/pageStates';
import {
  expectFewWords,
  findings,
  type Look,
  overflowing,
  test,
} from './judge';

const softly = expect.configure({ soft: true });

const stateOf = (page: Page, { id }: PageState) =>
  page.getByTestId(`state-${id}`);

/**
 * What is looked at in which theme at which width: a theme has only other colours, and folded columns have none of
 * their own. A change of the theme mounts the whole page again, so each theme comes once.
 */
const looks: Record<'light' | 'dark', [width: number, look: Look][]> = {
  light: [
    [1280, 'all'],
    [390, 'layout'],
  ],
  dark: [[1280, 'colours']],
};

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

/** Opens what the state shows opened. */
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

/** Every state at both widths, for a person to look at. */
async function picture(
  page: Page,
  name: string,
  colorScheme: string,
  state: PageState,
) {
  for (const width of process.env.SCREENSHOTS ? [1280, 390] : []) {
    await page.setViewportSize({ width, height: 900 });
    await stateOf(page, state).screenshot({
      path: join(
        test.info().project.outputDir,
        'page-states',
        `${colorScheme}-${width}`,
        `${name}.png`,
      ),
    });
  }
}

/** What the tab of a state says at the most, before anything is opened. */
const WORDS: Record<string, number> = { verified: 260, broken: 560 };

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
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await expect(page.locator('body')).toHaveAttribute(
        'data-theme-mode',
        colorScheme,
      );
      // The layout depends on no theme
      const every = colorScheme === 'light' ? 2 : 4;
      const shown = states.filter(
        (_, at) => !process.env.EKS_TEST_SAMPLE || at % every === 0,
      );
      for (const state of shown) {
        await test.step(`${state.title}, ${colorScheme}`, async () => {
          await page.setViewportSize({ width: 1280, height: 900 });
          await goTo(page, state);
          if (view === 'tab' && colorScheme === 'light' && WORDS[state.id]) {
            const tab = stateOf(page, state);
            await expectFewWords(tab, `tab ${state.id}`, WORDS[state.id]);
          }
          await open(page, state);
          const hasText = !/^(access-)?loading$/.test(state.id);
          for (const [width, look] of looks[colorScheme]) {
            await page.setViewportSize({ width, height: 900 });
            // Columns fold a moment after the window is resized
            await softly
              .poll(() => overflowing(page), {
                message: `${state.id} at ${width} px`,
              })
              .toEqual([]);
            // There are no colours of text
            if (look === 'colours' && !hasText) continue;
            expect
              .soft(
                await findings(page, look, { hasText }),
                `${state.id}, ${colorScheme}, at ${width} px`,
              )
              .toEqual([]);
          }
          await picture(page, `${view}-${state.id}`, colorScheme, state);
        });
      }
    }
  });
}
