import {
  type BrowserContext,
  expect,
  type Locator,
  type Page,
} from '@playwright/test';
import {
  GIVE_IDENTITY,
  openPrefilled,
  reviewAndCreate,
  taskSucceeds,
} from './portal';

/** What gets an identity: a component, and the service account of its pods. */
export interface Target {
  title: string;
  entityRef: string;
  clusterName: string;
  namespace: string;
  serviceAccount: string;
}

const pathOf = (entityRef: string) =>
  `/catalog/${entityRef.replace(/^(\w+):([^/]+)\/(.+)$/, '$2/$1/$3')}`;

/** Signs in as the user on every page of the context, without the sign-in page, which another test covers. */
export async function enterAs(context: BrowserContext, user: string) {
  await context.addInitScript(
    entityRef => window.sessionStorage.setItem('sandbox-user', entityRef),
    `user:default/${user}`,
  );
}

/** Opens the page of a component and waits until its card is loaded. */
export async function openComponent(
  page: Page,
  target: Pick<Target, 'title' | 'entityRef'>,
) {
  await page.goto(pathOf(target.entityRef));
  await expect(page.getByRole('heading', { name: target.title })).toBeVisible();
  const card = identityCard(page);
  await expect(card).toBeVisible();
  await expect(
    card.getByRole('status', { name: 'Loading the AWS identity' }),
  ).toBeHidden();
  return card;
}

/** The card on the page of an entity. */
function identityCard(page: Page): Locator {
  return page
    .locator('.bui-Card')
    .filter({ has: page.getByRole('heading', { name: 'AWS identity' }) });
}

/** One row of the card’s path. */
export function hop(
  card: Locator,
  id: 'pods' | 'service-account' | 'association' | 'role' | 'permissions',
): Locator {
  return card.locator(`[data-hop="${id}"]`);
}

/** Verifies now, and waits for the verdict. */
export async function verifyNow(card: Locator, verdict: string) {
  const button = card.getByRole('button', { name: 'Verify now' });
  await button.click();
  await expect(card.getByRole('button', { name: 'Cancel' })).toBeVisible();
  await expect(button).toBeVisible();
  await expect(verdictOf(card)).toContainText(verdict);
}

/** The status on the card, with its age. */
export function verdictOf(card: Locator | Page): Locator {
  return card.getByTestId('identity-status');
}

/** Opens the ⋮ menu of the card. */
export async function openMenu(page: Page, card: Locator): Promise<Locator> {
  await card
    .getByRole('button', { name: 'More about this AWS identity' })
    .click();
  const menu = page.getByRole('menu');
  await expect(menu).toBeVisible();
  return menu;
}

/** Presses a button that copies, and returns the text in the clipboard; it says "Copied" for two seconds only. */
export async function copiedBy(button: Locator): Promise<string> {
  const page = button.page();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  // Only the page in front may read the clipboard
  await page.bringToFront();
  await page.evaluate(() => navigator.clipboard.writeText(''));
  await button.click();
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await expect.poll(copied).not.toBe('');
  return copied();
}

/** Gives the identity with the template and the defaults of its form. */
export async function giveIdentity(page: Page, target: Target) {
  await openPrefilled(page, GIVE_IDENTITY, target);
  await reviewAndCreate(page);
  await taskSucceeds(page);
}

/** Follows the link of the fix on another page, and runs the template as it is filled in. */
export async function repair(card: Locator, other: Page, name: string) {
  const link = card.getByRole('link', { name, exact: true });
  await other.goto((await link.getAttribute('href'))!);
  await reviewAndCreate(other);
  await taskSucceeds(other);
}

/** To check later that the page was not reloaded. */
export async function markDocument(page: Page) {
  await page.evaluate(() => document.body.setAttribute('data-opened', 'once'));
  return {
    staysTheSame: () =>
      expect(page.locator('body')).toHaveAttribute('data-opened', 'once'),
  };
}
