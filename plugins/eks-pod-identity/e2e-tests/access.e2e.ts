import { readFile } from 'node:fs/promises';
import { expect } from '@playwright/test';
import { overflowing, test } from './judge';

test('all AWS access: 900 rows, a team, a download, to a component and back', async ({
  page,
  dev,
}) => {
  await page.goto(`${dev.url}/?view=access&state=access-900`);
  const state = page.getByTestId('state-access-900');
  const counted = (count: number) =>
    expect(
      state.getByText(`${count} service accounts`, { exact: true }),
    ).toBeVisible();
  await counted(900);
  await expect(state.getByText('1–25 of 900')).toBeVisible();
  await state.getByRole('button', { name: 'Next' }).click();
  await expect(state.getByText('26–50 of 900')).toBeVisible();
  await expect(page).toHaveURL(/[?&]page=2/);
  await page.reload();
  await expect(state.getByText('26–50 of 900')).toBeVisible();

  await state.getByRole('button', { name: 'Team fraud' }).click();
  await expect(page).toHaveURL(/ownedBy=group%3Adefault%2Ffraud/);
  await state.getByRole('radio', { name: 'Needs its owner' }).click();
  await expect(page).toHaveURL(/verdict=needs-owner/);
  const rows = state
    .getByRole('table', { name: 'Service accounts with AWS access' })
    .getByRole('row')
    .filter({ hasText: 'Needs its owner' });
  await expect(rows.first()).toContainText('fraud/');
  const count = await rows.count();
  expect(count).toBeGreaterThan(5);
  await counted(count);

  const saving = page.waitForEvent('download');
  await state.getByRole('button', { name: 'Download CSV' }).click();
  const csv = await readFile(await (await saving).path(), 'utf8');
  const [columns, ...saved] = csv
    .trim()
    .split(/\r?\n/)
    .map(line => line.slice(1, -1).split('","'));
  const saying = (cells: string[], column: string) =>
    cells[columns.indexOf(column)];
  const listed = await rows.getByRole('button', { name: /^Details of/ }).all();
  const labels = listed.map(one => one.getAttribute('aria-label'));
  expect(
    saved.map(cells =>
      [
        `Details of ${saying(cells, 'namespace')}/${saying(
          cells,
          'serviceAccount',
        )}`,
        saying(cells, 'verdict'),
        cells.at(-1),
      ].join(' '),
    ),
  ).toEqual(
    (await Promise.all(labels)).map(
      label => `${label} needs-owner group:default/fraud`,
    ),
  );

  await rows
    .first()
    .getByRole('button', { name: /^Details of fraud\// })
    .click();
  await state.getByRole('button', { name: 'Plan the move' }).click();
  const plan = state.getByRole('region', {
    name: 'Move from IRSA to Pod Identity',
  });
  await expect(plan.getByText('next', { exact: true })).toBeVisible();
  await expect(plan.getByLabel(/^Commands: Associate/)).toBeVisible();
  await state
    .getByRole('button', { name: /^Details of fraud\// })
    .first()
    .click();

  const name = await rows.first().getByRole('link').innerText();
  await rows.first().getByRole('link').click();
  await expect(page.getByText('The page of the component')).toBeVisible();
  await expect(page).toHaveURL(new RegExp(`/component/${name}(/|$|\\?)`));
  await page.goBack();
  const isFiltered = async () => {
    await expect(page).toHaveURL(/ownedBy=group%3Adefault%2Ffraud/);
    await expect(rows).toHaveCount(count);
    await expect(
      state.getByRole('button', { name: /^Team fraud \d/ }),
    ).toHaveAttribute('aria-pressed', 'true');
    await expect(
      state.getByRole('radio', { name: 'Needs its owner' }),
    ).toBeChecked();
  };
  await isFiltered();
  await expect(state.getByText(/^Team fraud$/).first()).toBeVisible();

  // The same on a telephone in the dark
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 390, height: 844 });
  await isFiltered();
  await expect(page.locator('body')).toHaveAttribute('data-theme-mode', 'dark');
  await expect.poll(() => overflowing(page)).toEqual([]);
  expect(
    await page.evaluate(() => document.documentElement.scrollWidth),
  ).toBeLessThanOrEqual(390);
});
