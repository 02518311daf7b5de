import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/**
 * What axe finds against WCAG A and AA inside a part of the page, in light and in dark. The page stays in dark.
 */
export async function expectAccessible(page: Page, part: string) {
  // Colours would be judged on their way from one theme into the other
  await page.addStyleTag({
    content: '*, ::before, ::after { transition: none !important }',
  });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await expect(page.locator('body')).toHaveAttribute(
      'data-theme-mode',
      colorScheme,
    );
    // Another theme mounts the whole app anew
    await expect(page.locator(part).first()).toBeVisible();
    const { violations, passes } = await new AxeBuilder({ page })
      .include(part)
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
      .analyze();
    const found = violations.flatMap(({ id, nodes }) =>
      nodes.map(
        node => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`,
      ),
    );
    expect(found, `axe, ${colorScheme}`).toEqual([]);
    // An analysis that looked at nothing would find nothing
    expect(passes.map(({ id }) => id)).toContain('color-contrast');
  }
}
