import { expect, type Locator, type Page } from '@playwright/test';
import { picker, preview, taskSucceeds } from './portal';

/** What a person did, as the browser saw it. */
export interface Effort {
  /** Times a pointer came down. */
  clicks: number;
  keys: number;
  /** Characters that came into fields. */
  typed: number;
}

/** Counts on every page that this tab opens from now on. */
export async function countEffort(page: Page): Promise<Effort> {
  const effort: Effort = { clicks: 0, keys: 0, typed: 0 };
  await page.exposeFunction('countEffort', (kind: keyof Effort) => {
    effort[kind] += 1;
  });
  await page.addInitScript(() => {
    const { countEffort: count } = window as unknown as {
      countEffort(kind: string): void;
    };
    // Playwright stops a click at the window, and makes it again, when what it aims at has just moved away
    const listen = (type: string, kind: string) =>
      document.addEventListener(type, event => event.isTrusted && count(kind), {
        capture: true,
      });
    // A key on a button makes a click too, but no pointer comes down
    listen('pointerdown', 'clicks');
    listen('keydown', 'keys');
    listen('beforeinput', 'typed');
  });
  return effort;
}

export function printEffort(how: string, { clicks, keys, typed }: Effort) {
  process.stdout.write(
    `${how}: ${clicks} clicks, ${keys} keys, ${typed} characters typed\n`,
  );
}

// The one policy of the main job; the form's test is derived from it
const POLICY = /^AmazonS3ReadOnlyAccess/;

const restart = (page: Page) =>
  page.getByLabel('Restart the pods that are running');

/** The plan has followed the form; a person reads it before going on. */
async function planSaysAll(page: Page) {
  await expect(preview(page)).toContainText(
    'managed policy AmazonS3ReadOnlyAccess',
  );
  await expect(preview(page)).toContainText('Then restart Deployment');
}

async function ends(page: Page) {
  await page.waitForURL('**/create/tasks/**');
  await taskSucceeds(page);
  await expect(
    page.getByRole('heading', { name: /^Verified: a fresh pod of/ }),
  ).toBeVisible();
}

/** From the card of a component that has no identity to a verified one, with a pointer. */
export async function giveWithPointer(page: Page, card: Locator) {
  await card.getByRole('link', { name: 'Set up AWS access' }).click();
  await picker(page, 'Permissions').click();
  await page.getByRole('option', { name: POLICY }).click();
  await restart(page).click();
  await planSaysAll(page);
  await page.getByRole('button', { name: 'Review' }).click();
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await ends(page);
}

/** Goes from one focusable element to the next, as far as this one. */
async function tabTo(target: Locator) {
  await expect(target).toBeVisible();
  await expect(async () => {
    const page = target.page();
    await page.keyboard.press('Tab');
    // wall time: one look; too early a one costs a round through the page
    await expect(target).toBeFocused({ timeout: 50 });
  }).toPass({ intervals: [0] });
}

/** The same with nothing but Tab, Enter, Space and the arrow keys. */
export async function giveWithKeys(page: Page, card: Locator) {
  const { keyboard } = page;
  await tabTo(page.getByRole('button', { name: 'Skip to content' }));
  await keyboard.press('Enter');
  await tabTo(card.getByRole('link', { name: 'Set up AWS access' }));
  await keyboard.press('Enter');
  await expect(preview(page)).toContainText('to create');
  const policies = picker(page, 'Permissions');
  await tabTo(policies);
  const option = page.getByRole('option', { name: POLICY });
  await expect(async () => {
    await keyboard.press('ArrowDown');
    // The list marks the option that Enter would choose
    await expect(policies).toHaveAttribute(
      'aria-activedescendant',
      // wall time: one look; too early a one costs a round through the list
      (await option.getAttribute('id', { timeout: 500 })) ?? 'none',
      { timeout: 100 }, // wall time: as above
    );
  }).toPass({ intervals: [0] });
  await keyboard.press('Enter');
  await tabTo(restart(page));
  await keyboard.press('Space');
  await planSaysAll(page);
  await tabTo(page.getByRole('button', { name: 'Review' }));
  await keyboard.press('Enter');
  await tabTo(page.getByRole('button', { name: 'Create', exact: true }));
  await keyboard.press('Enter');
  await ends(page);
}
