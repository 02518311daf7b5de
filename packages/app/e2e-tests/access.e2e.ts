import { expect, type Locator } from '@playwright/test';
import { expectNoViolations } from './accessibility';
import { test } from './browser';
import { sweepsHaveEnded } from './cluster';
import { enterAs, openComponent, verdictOf } from './entityPage';
import { countEffort, printEffort } from './mainJob';
import { picture } from './portal';

/** It goes by IRSA, and CloudTrail has seen its program. */
const stock = { title: 'Stock API', entityRef: 'component:default/stock-api' };
const ROW = 'cluster=warehouse-prod&q=warehouse%2Fstock-api';

// First of all, because CloudTrail is searched by the portal's clock: others make that of the sandbox fast
test('a component moves from IRSA to Pod Identity, seen by its application, and back', async ({
  page,
  context,
}) => {
  await enterAs(context, 'priya');
  await sweepsHaveEnded(page);
  const effort = await countEffort(page);
  // The look of all AWS access may end after its sweep
  let card!: Locator;
  await expect(async () => {
    card = await openComponent(page, stock);
    expect(await card.innerText()).toContain('Plan the move');
  }).toPass();
  /** Presses a button, and confirms what its dialog says. */
  const confirm = async (inside: Locator, name: string) => {
    await inside.getByRole('button', { name }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name }).click();
  };
  await card.getByRole('button', { name: 'Plan the move' }).click();
  await expect(card.getByRole('button', { name: 'Move it' })).toBeVisible();
  await expectNoViolations(page);
  await picture(card, 'move-plan');
  await confirm(card, 'Move it');
  await expect(card.getByTestId('moving')).toContainText('working on it');
  await expect(
    card.getByText(/^Restarted Deployment warehouse\/stock-api/),
  ).toBeVisible();
  await expect(card.getByTestId('moving')).toBeHidden();
  await expect(verdictOf(card)).toContainText('Verified');
  printEffort('Moving a component', effort);
  expect(effort.clicks).toBeLessThanOrEqual(6);
  expect(effort.typed).toBe(0);

  await page.goto('/aws-identities/access');
  await expect(page.getByRole('row').nth(1)).toBeVisible();
  await expectNoViolations(page);
  await picture(page, 'access');
  await page.goto(`/aws-identities/access?${ROW}`);
  await page.getByRole('button', { name: /^Details of/ }).click();
  const plan = page.getByRole('region', { name: 'Move from IRSA' });
  await plan.getByRole('button', { name: 'Plan the move' }).click();
  await confirm(plan, 'Roll back');
  await expect(
    plan.getByText(/^A test pod obtained the role by IRSA/),
  ).toBeVisible();
  await expect(plan.getByText('Back: its pods have IRSA again.')).toBeVisible();
  await page.getByRole('link', { name: stock.title }).click();
  await expect(page).toHaveURL(/\/catalog\/default\/component\/stock-api/);
  await expect(page.getByRole('article').first()).toContainText('Uses IRSA');
  await page.goBack();
  await expect(page).toHaveURL(
    /access\?cluster=warehouse-prod&q=warehouse%2Fstock-api/,
  );
  await expect(page.getByRole('button', { name: /^Details of/ })).toHaveCount(
    1,
  );
  await openComponent(page, stock);
  await expect(verdictOf(card)).toContainText('Uses IRSA');
});
