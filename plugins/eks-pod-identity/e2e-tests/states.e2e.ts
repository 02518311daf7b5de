import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { fixtures } from '../dev/fixtures';
import type { DevPage } from './devPage';
import {
  expectFewWords,
  findings,
  type Look,
  overflowing,
  test,
} from './judge';

async function open(page: Page, dev: DevPage, width: number) {
  await page.goto(`${dev.url}/?width=${width}`);
  await expect(page.locator('[data-testid^="state-"]')).toHaveCount(
    fixtures.length,
  );
  await expect(
    page.getByTestId('state-loading').getByRole('status'),
  ).toBeVisible();
  // All others have their answer
  await expect(
    page.getByRole('status', { name: 'Loading the AWS identity' }),
  ).toHaveCount(1);
  await page.evaluate(() => document.fonts.ready);
}

/** The path from the pods to the permissions runs down a narrow card and along a wide one. */
async function expectPath(page: Page, direction: 'down' | 'along') {
  const items = await page
    .getByTestId('state-verified')
    .getByRole('list')
    .getByRole('listitem')
    .all();
  const boxes = await Promise.all(items.map(item => item.boundingBox()));
  expect(boxes).toHaveLength(5);
  const [first, second] = boxes;
  expect(second!.y > first!.y).toBe(direction === 'down');
  expect(second!.x > first!.x).toBe(direction === 'along');
}

/** The layout depends on no theme, and the colours on no width: other pairs are for pictures alone. */
const widthsIn = (colorScheme: 'light' | 'dark') =>
  colorScheme === 'light' || process.env.SCREENSHOTS ? [224, 331, 661] : [331];

function lookAt(width: number, colorScheme: 'light' | 'dark'): Look {
  if (width !== 331) return 'layout';
  return colorScheme === 'light' ? 'all' : 'colours';
}

/** What the card of a state says at the most, at a glance. */
const WORDS = { verified: 40, broken: 60, 'no-pod-has-it': 60 };

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`every state of the card, ${colorScheme}`, () => {
    test.use({ colorScheme });

    for (const width of widthsIn(colorScheme)) {
      test(`at ${width} px`, async ({ page, dev }) => {
        await open(page, dev, width);
        await expect(page.locator('body')).toHaveAttribute(
          'data-theme-mode',
          colorScheme,
        );
        const folder = join(
          test.info().project.outputDir,
          'card-states',
          `${colorScheme}-${width}`,
        );
        for (const { id } of process.env.SCREENSHOTS ? fixtures : []) {
          await page.getByTestId(`state-${id}`).screenshot({
            path: join(folder, `${id}.png`),
            animations: 'disabled',
          });
        }
        expect.soft(await overflowing(page)).toEqual([]);
        const look = lookAt(width, colorScheme);
        expect.soft(await findings(page, look)).toEqual([]);
        const counted = width === 331 && colorScheme === 'light';
        for (const [id, most] of Object.entries(counted ? WORDS : {})) {
          const card = page.getByTestId(`state-${id}`).locator('.bui-Card');
          await expectFewWords(card, `card ${id} at ${width} px`, most);
        }
        await expectPath(page, width > 600 ? 'along' : 'down');

        // What opens only on request
        const several = page.getByTestId('state-several');
        await several.getByText('25 more').click();
        await several.getByRole('button', { expanded: false }).first().click();
        await expect(several.getByRole('list').first()).toBeVisible();
        await several.screenshot({
          path: join(folder, 'several-open.png'),
          animations: 'disabled',
        });
        expect(await overflowing(page)).toEqual([]);
        const opened = await findings(page, look, { state: 'several' });
        expect(opened).toEqual([]);
        await page.screenshot({
          path: join(folder, 'all.png'),
          animations: 'disabled',
          fullPage: true,
        });
      });
    }
  });
}
