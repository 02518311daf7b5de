import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, type Locator, type Page } from '@playwright/test';

/** Where the README's pictures are. */
const IMAGES = resolve(__dirname, '../../../docs/images');

/**
 * Takes a picture of the page if `SCREENSHOTS` names a folder; otherwise a run changes no file. `docs` renews the pictures
 * of the README.
 */
export async function picture(of: Page | Locator, name: string) {
  const where = process.env.SCREENSHOTS;
  if (!where) return;
  const path = resolve(where === 'docs' ? IMAGES : where, `${name}.png`);
  if (where === 'docs' && !existsSync(path)) return;
  const page = 'page' in of ? of.page() : of;
  // One that says how far it is may stand there for good
  await expect(
    page.locator('[role="progressbar"]:not([aria-valuenow])'),
  ).toHaveCount(0);
  await of.screenshot({ path, animations: 'disabled' });
}

/** Takes pictures of a card in both themes. */
export async function cardPictures(card: Locator, name: string) {
  if (!process.env.SCREENSHOTS) return;
  const page = card.page();
  // Dark last but one: the page is light for what follows
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    await expect(page.locator('body')).toHaveAttribute(
      'data-theme-mode',
      colorScheme,
    );
    // The page loads again in the other theme
    await expect(card.getByTestId('identity-status')).toBeVisible();
    await picture(card, `card-${name}-${colorScheme}`);
  }
}

/** Signs in as one of the demo users. */
export async function signIn(page: Page, name: string) {
  await page.goto('/');
  await page.getByRole('button', { name }).click();
  await expect(
    page
      .getByTestId('sidebar-root')
      .getByRole('link', { name: 'Catalog', exact: true }),
  ).toBeVisible();
  await expect(
    page.getByRole('heading', { name: 'AWS access for pods, without keys' }),
  ).toBeVisible();
}

/** The component and the service account that the tests give an identity to. */
export const scorer = {
  title: 'Fraud scorer',
  entityRef: 'component:default/fraud-scorer',
  cluster: 'Payments (production)',
  clusterName: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'fraud-scorer',
};

/** Name of the template that gives an identity. */
export const GIVE_IDENTITY = 'give-a-component-an-aws-identity';

/** Opens a template from the list of templates. */
export async function chooseTemplate(page: Page, title: string) {
  await page
    .getByRole('navigation', { name: 'sidebar nav' })
    .getByRole('link', { name: 'Create' })
    .click();
  await page
    .locator('[class*="MuiCard-root"]')
    .filter({ hasText: title })
    .getByRole('button', { name: 'Choose' })
    .click();
  await expect(page.getByRole('heading', { name: title })).toBeVisible();
}

/** Opens a template like a link from another page does, with the first page filled in. */
export async function openPrefilled(
  page: Page,
  template: string,
  target: {
    entityRef: string;
    clusterName: string;
    namespace: string;
    serviceAccount: string;
  },
) {
  const { entityRef, clusterName, namespace, serviceAccount } = target;
  const formData = JSON.stringify({
    entityRef,
    clusterName,
    namespace,
    serviceAccount,
  });
  await page.goto(
    `/create/templates/default/${template}?formData=${encodeURIComponent(
      formData,
    )}`,
  );
  await expect(page.getByLabel('Service account')).toHaveValue(serviceAccount);
}

/** Fills the page "Which component, and where does it run?". */
export async function fillWhere(page: Page, target = scorer) {
  const component = page.getByLabel('Component').first();
  await component.click();
  await component.fill(target.title);
  await page.getByRole('option', { name: target.title }).click();
  await choose(page, 'Cluster', target.cluster);
  await choose(page, 'Namespace', target.namespace);
  // Typed, since the list does not contain an account that does not exist yet
  await picker(page, 'Service account').fill(target.serviceAccount);
}

/** One of the form's pickers; its open list has the same name. */
export function picker(page: Page, label: string) {
  return page.getByRole('combobox', { name: label });
}

/** The preview of the plan in a form. */
export function preview(page: Page) {
  return page.getByRole('region', { name: 'What will happen' });
}

/** Chooses from the list of a picker. */
export async function choose(page: Page, label: string, choice: string) {
  await picker(page, label).click();
  await page.getByRole('option', { name: choice }).click();
  await expect(page.getByRole('listbox')).toBeHidden();
}

/**
 * Goes to the next page of a form. Backstage validates this page first, and drops the click where a field of it still
 * changes meanwhile: then it is made again, as a user would.
 */
export async function next(page: Page, name = 'Next') {
  const button = await page.getByRole('button', { name }).elementHandle();
  // Each page has its own button, so a late first click cannot make the second one skip a page.
  await expect(async () => {
    // wall time: one try; what comes later is seen by the next one
    if (await button!.isVisible()) await button!.click({ timeout: 2_000 });
    // wall time: as above
    await button!.waitForElementState('hidden', { timeout: 5_000 });
  }).toPass();
}

/** Reviews what was filled in and starts the task. */
export async function reviewAndCreate(page: Page, button = 'Create') {
  await next(page, 'Review');
  await page.getByRole('button', { name: button, exact: true }).click();
  await page.waitForURL('**/create/tasks/**');
}

/** Waits until the running task has ended, and fails with the error on the page if it failed. */
export async function taskSucceeds(page: Page) {
  const error = page.getByText(/^Error: /);
  const done = page.getByText('Open the component');
  // As long as the test may take
  await expect(error.or(done).first()).toBeVisible({ timeout: 0 });
  expect(await error.allTextContents()).toEqual([]);
}
