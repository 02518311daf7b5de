import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/**
 * Expects that axe finds no violation of WCAG A and AA in a part of the page, in light and in dark. The page stays dark.
 */
export async function expectAccessible(page: Page, part: string) {
  // Otherwise axe could see colours in transition between the themes
  await page.addStyleTag({
    content: '*, ::before, ::after { transition: none !important }',
  });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await expect(page.locator('body')).toHaveAttribute(
      'data-theme-mode',
      colorScheme,
    );
    // A change of theme remounts the whole app
    await expect(page.locator(part).first()).toBeVisible();
    await expectNoViolations(page, part, colorScheme);
  }
}

/** The same in the theme that the page has, for what a change of the theme would close. */
export async function expectNoViolations(
  page: Page,
  part: string,
  theme = 'as it is',
) {
  const { violations, passes } = await new AxeBuilder({ page })
    .include(part)
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
    .analyze();
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(
      node => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`,
    ),
  );
  expect(found, `axe, ${theme}`).toEqual([]);
  // An analysis of an empty page would find nothing
  expect(passes.map(({ id }) => id)).toContain('color-contrast');
}
