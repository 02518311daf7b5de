import { expect, Page } from '@playwright/test';
import { axeOn, expectFewWords } from './accessibility';
import { test } from './browser';
import {
  choose,
  GIVE_IDENTITY,
  openPrefilled,
  picker,
  picture,
  preview,
  scorer,
  signIn,
} from './portal';

// These tests start no tasks, so the state of the cluster does not change

/** What axe finds in the form, except for the scaffolder's own component picker. */
async function findings(page: Page) {
  const axe = await axeOn(page);
  const { violations } = await axe
    .include('form')
    .include('[role="listbox"]')
    .exclude('[role="combobox"]:has(#root_entityRef)')
    .analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html }) => `${id}: ${html}`),
  );
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`the form in ${colorScheme}`, () => {
    test.use({ colorScheme });

    test('offers what the portal knows, and is accessible', async ({
      page,
    }) => {
      await signIn(page, 'Ana');
      await openPrefilled(page, GIVE_IDENTITY, scorer);
      await expect(page.getByText('You can use a new one.')).toBeVisible();
      expect(await findings(page)).toEqual([]);

      await picker(page, 'Cluster').click();
      await expect(
        page.getByRole('option', { name: 'Orders (legacy)' }),
      ).toContainText('You are not allowed to set up an AWS identity here');
      expect(await findings(page)).toEqual([]);
      await picture(page, `clusters-${colorScheme}`);
      await page.keyboard.press('Escape');

      await choose(page, 'Permissions', 'AmazonSQSReadOnlyAccess');
      expect(await findings(page)).toEqual([]);

      await expect(preview(page)).toContainText('4 to create');
      await expectFewWords(page.locator('form'), 'form', 330);
      for (const folded of await preview(page).locator('summary').all()) {
        await folded.click();
      }
      expect(await findings(page)).toEqual([]);
    });
  });
}

test('the pickers can be used with only the keyboard', async ({ page }) => {
  await signIn(page, 'Ana');
  await openPrefilled(page, 'verify-aws-identity', {
    ...scorer,
    namespace: 'nope',
  });
  await expect(page.getByText('“nope” is not among')).toBeVisible();
  await picker(page, 'Namespace').press('Control+a');
  await page.keyboard.type('pay');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(picker(page, 'Namespace')).toHaveValue('payments');
  await expect(page.getByText('“nope” is not among')).toBeHidden();
});
