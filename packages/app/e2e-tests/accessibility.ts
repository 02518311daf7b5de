import AxeBuilder from '@axe-core/playwright';
import { expect, type Locator, type Page } from '@playwright/test';

/** What Backstage itself draws around the pages of the plugin, and axe finds fault with. */
const OF_BACKSTAGE = [
  // The name of the page for screen readers stands outside of all landmarks
  '.bui-VisuallyHidden:has(> h1)',
  // The tabs of a page do too, and say that they control panels that are not there
  '[class*="PluginHeader"] .bui-Tabs',
  // The number beside its name is not in its label
  '[data-testid="sidebar-root"] a[href="/notifications"]',
];

const CONTRAST = 'color-contrast';

/** Axe, which a document gets once: to take it in costs a page as much as a look. */
export async function axeOn(page: Page) {
  const isThere = await page.evaluate(() => 'axe' in window);
  return (
    new AxeBuilder({ page, axeSource: isThere ? 'void 0' : undefined })
      // Without frames, the results need not be collected in a separate page
      .setLegacyMode()
  );
}

/**
 * Expects that axe finds no violation of WCAG A and AA, nor of its best practices, in the whole page in light, and none
 * of contrast in dark, which has only other colours. The page stays dark.
 *
 * @param shown - a part of the page without which it is not the one that is meant
 */
export async function expectAccessible(page: Page, shown: string) {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await expect(page.locator('body')).toHaveAttribute(
      'data-theme-mode',
      colorScheme,
    );
    // A change of theme remounts the whole app
    await expect(page.locator(shown).first()).toBeVisible();
    // Backstage's own, without a name
    await expect(page.locator('.MuiCircularProgress-root')).toHaveCount(0);
    // Its tables show rows without text until their own arrive
    await expect(page.locator('[id*="-skeleton-"]')).toHaveCount(0);
    await expectNoViolations(page, colorScheme);
  }
}

/** The same in the theme that the page has, for what a change of the theme would close. */
export async function expectNoViolations(page: Page, theme = 'as it is') {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
  const builder = (await axeOn(page)).options({
    runOnly: theme === 'dark' ? [CONTRAST] : [...tags, 'best-practice'],
    // One example of each rule that passes is enough
    resultTypes: ['violations'],
  });
  for (const selector of OF_BACKSTAGE) builder.exclude(selector);
  const { violations, passes } = await builder.analyze();
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(
      node => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`,
    ),
  );
  expect(found, `axe, ${theme}`).toEqual([]);
  // An analysis of an empty page would find nothing
  expect(passes.map(({ id }) => id)).toContain(CONTRAST);
}

/** Prints how many words a reader sees in a part of the page, and holds them to a limit. */
export async function expectFewWords(
  part: Locator,
  what: string,
  most: number,
) {
  const words = (await part.innerText()).match(/\S*[\p{L}\d]\S*/gu) ?? [];
  process.stdout.write(`Words of the ${what}: ${words.length} of ${most}\n`);
  expect(words.length, what).toBeGreaterThan(10);
  expect(words.length, what).toBeLessThanOrEqual(most);
}
