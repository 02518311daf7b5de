import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { fixtures } from '../dev/fixtures';
import { DevPage } from './devPage';

let dev: DevPage;
test.beforeAll(async () => {
  dev = await DevPage.start();
});
test.afterAll(async () => {
  await dev?.stop();
});

async function open(page: Page, width: number) {
  await page.goto(`${dev.url}/?width=${width}`);
  await expect(page.locator('[data-testid^="state-"]')).toHaveCount(
    fixtures.length,
  );
  await expect(
    page.getByTestId('state-loading').getByRole('status'),
  ).toBeVisible();
  // Every other one has its answer
  await expect(
    page.getByRole('status', { name: 'Loading the AWS identity' }),
  ).toHaveCount(1);
  await page.evaluate(() => document.fonts.ready);
}

async function findings(page: Page) {
  const { violations, passes } = await new AxeBuilder({ page })
    .include('[data-testid^="state-"]')
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
    .analyze();
  // An analysis that looked at nothing would find nothing
  expect(passes.map(({ id }) => id)).toContain('color-contrast');
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(
      node => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`,
    ),
  );
}

/** What sticks out of its card to the side, or can only be read by scrolling sideways (snippets may). */
function overflowing(page: Page) {
  return page.evaluate(() =>
    [...document.querySelectorAll('[data-testid^="state-"]')].flatMap(state => {
      const { right } = state.getBoundingClientRect();
      return [...state.querySelectorAll('*')]
        .filter(
          element =>
            !element.closest('pre') &&
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

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`every state of the card, ${colorScheme}`, () => {
    test.use({ colorScheme });

    for (const width of [224, 331, 661]) {
      test(`at ${width} px`, async ({ page }) => {
        await open(page, width);
        await expect(page.locator('body')).toHaveAttribute(
          'data-theme-mode',
          colorScheme,
        );
        const folder = join(
          test.info().project.outputDir,
          'card-states',
          `${colorScheme}-${width}`,
        );
        for (const { id } of fixtures) {
          await page.getByTestId(`state-${id}`).screenshot({
            path: join(folder, `${id}.png`),
            animations: 'disabled',
          });
        }
        expect.soft(await overflowing(page)).toEqual([]);
        expect.soft(await findings(page)).toEqual([]);

        // What opens only when somebody asks for it
        const several = page.getByTestId('state-several');
        await several.getByText('25 more').click();
        await several.getByRole('button', { expanded: false }).first().click();
        await expect(several.getByRole('list').first()).toBeVisible();
        await several.screenshot({
          path: join(folder, 'several-open.png'),
          animations: 'disabled',
        });
        expect(await overflowing(page)).toEqual([]);
        expect(await findings(page)).toEqual([]);
        await page.screenshot({
          path: join(folder, 'all.png'),
          animations: 'disabled',
          fullPage: true,
        });
      });
    }
  });
}

test('the path runs down a narrow card and along a wide one', async ({
  page,
}) => {
  for (const [width, direction] of [
    [224, 'down'],
    [331, 'down'],
    [661, 'along'],
  ] as const) {
    await open(page, width);
    const boxes = await Promise.all(
      (
        await page
          .getByTestId('state-verified')
          .getByRole('list')
          .getByRole('listitem')
          .all()
      ).map(item => item.boundingBox()),
    );
    expect(boxes).toHaveLength(5);
    const [first, second] = boxes;
    expect(second!.y > first!.y).toBe(direction === 'down');
    expect(second!.x > first!.x).toBe(direction === 'along');
  }
});
