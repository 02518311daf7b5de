import AxeBuilder from '@axe-core/playwright';
import {
  expect,
  type Locator,
  test as base,
  type Page,
} from '@playwright/test';
import { DevPage } from './devPage';

/** One server for all test files. */
export const test = base.extend<object, { dev: DevPage }>({
  dev: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const dev = await DevPage.start();
      await use(dev);
      await dev.stop();
    },
    { scope: 'worker', timeout: 0 },
  ],
});

const contrast = 'color-contrast';

/** What axe looks for; to compute colours takes it longer than all the rest. */
const rules = {
  all: { rules: {} },
  layout: { rules: { [contrast]: { enabled: false } } },
  colours: { runOnly: [contrast] },
};

export type Look = keyof typeof rules;

/** What axe finds in the states on the page, or in the one that is named. */
export async function findings(
  page: Page,
  look: Look,
  { hasText = true, state = '' } = {},
) {
  // A document gets axe once: to take it in costs the page as much as a look
  const isThere = await page.evaluate(() => 'axe' in window);
  const axeSource = isThere ? 'void 0' : undefined;
  const { violations, passes } = await new AxeBuilder({ page, axeSource })
    .include(`[data-testid^="state-${state}"]`)
    .options({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
      ...rules[look],
      // One example of each rule that passes is enough
      resultTypes: ['violations'],
    })
    // Without frames, the results need not be collected in a separate page
    .setLegacyMode()
    .analyze();
  // An analysis of an empty page would find nothing
  const seen = passes.map(({ id }) => id);
  expect(seen).toContain(
    hasText && look !== 'layout' ? contrast : seen[0] ?? 'a rule that passes',
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(
      node => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`,
    ),
  );
}

/** Words that a reader sees in a part of the page, what is folded left out; prints them, and holds them to a limit. */
export async function expectFewWords(
  part: Locator,
  what: string,
  most: number,
) {
  const words = (await part.innerText()).match(/\S*[\p{L}\d]\S*/gu) ?? [];
  process.stdout.write(`Words of the ${what}: ${words.length} of ${most}\n`);
  expect.soft(words.length, what).toBeGreaterThan(10);
  expect.soft(words.length, what).toBeLessThanOrEqual(most);
}

/** Elements that overflow their state to the right (snippets and strips may, since they scroll). */
export function overflowing(page: Page) {
  return page.evaluate(() =>
    [...document.querySelectorAll('[data-testid^="state-"]')].flatMap(state => {
      const { right } = state.getBoundingClientRect();
      // What only screen readers get is clipped to one pixel
      const isClipped = (element: Element | null): boolean =>
        element !== null &&
        ((element.clientWidth === 1 && element.clientHeight === 1) ||
          isClipped(element.parentElement));
      return [...state.querySelectorAll('*')]
        .filter(
          element =>
            !element.closest('pre, [data-scrolls]') &&
            !isClipped(element) &&
            element.getBoundingClientRect().right > right + 0.5,
        )
        .map(
          element =>
            `${state.getAttribute('data-testid')}: ${
              element.tagName
            } “${element.textContent?.slice(0, 60)}”`,
        );
    }),
  );
}
