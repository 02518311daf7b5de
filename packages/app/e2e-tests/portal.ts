import { resolve } from 'node:path';
import { expect, Page } from '@playwright/test';

/** Where the README's pictures are; written anew only when asked, so that a test run changes no file. */
const IMAGES = resolve(__dirname, '../../../docs/images');

/** Keeps a picture of the page when `SCREENSHOTS` says where: `docs` for the README's own. */
export async function picture(page: Page, name: string) {
  const where = process.env.SCREENSHOTS;
  if (!where) return;
  await page.screenshot({
    path: resolve(where === 'docs' ? IMAGES : where, `${name}.png`),
    animations: 'disabled',
  });
}

/** Enters the portal as one of the demo users. */
export async function signIn(page: Page, name: string) {
  await page.goto('/');
  await page.getByRole('button', { name }).click();
  await expect(
    page.getByRole('link', { name: 'Catalog' }).first(),
  ).toBeVisible();
}

/** The component and service account that the tests give an identity to. */
export const invoiceArchiver = {
  title: 'Invoice archiver',
  entityRef: 'component:default/invoice-archiver',
  cluster: 'Payments (production)',
  namespace: 'payments',
  serviceAccount: 'invoice-archiver',
};

/** Opens a template from the list of templates. */
export async function chooseTemplate(page: Page, title: string) {
  await page.getByRole('link', { name: 'Create', exact: true }).first().click();
  const card = page
    .locator('[class*="MuiCard-root"]')
    .filter({ has: page.getByRole('heading', { name: title, exact: true }) });
  await card.getByRole('button', { name: 'Choose' }).click();
  await expect(page.getByRole('heading', { name: title })).toBeVisible();
}

/** Fills the page "Which component, and where does it run?". */
export async function fillWhere(page: Page, target = invoiceArchiver) {
  const component = page.getByLabel('Component').first();
  await component.click();
  await component.fill(target.title);
  await page.getByRole('option', { name: target.title }).click();
  await page.getByLabel('Cluster').click();
  await page.getByRole('option', { name: target.cluster }).click();
  await page.getByLabel('Namespace').fill(target.namespace);
  await page.getByLabel('Service account').fill(target.serviceAccount);
}

export async function next(page: Page) {
  await page.getByRole('button', { name: 'Next' }).click();
}

/** Reviews what was filled in and starts the task. */
export async function reviewAndCreate(page: Page) {
  await page.getByRole('button', { name: 'Review' }).click();
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await page.waitForURL('**/create/tasks/**');
}

/** Waits until a step of the running task has ended well. */
export async function taskSucceeds(page: Page) {
  await expect(page.getByRole('button', { name: 'Start Over' })).toBeEnabled({
    timeout: 80_000,
  });
  await expect(page.getByText('Error:')).toHaveCount(0);
}
