import { identityApiRef } from '@backstage/frontend-plugin-api';
import { mockApis, renderInTestApp } from '@backstage/frontend-test-utils';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HomePage } from './HomePage';

const show = (userEntityRef: string) =>
  renderInTestApp(<HomePage />, {
    apis: [[identityApiRef, mockApis.identity({ userEntityRef })]],
  });

it('has three numbered ways to begin, each with a link', async () => {
  show('user:default/ana');
  const items = await screen.findAllByRole('heading', { level: 2 });
  expect(items.map(({ textContent }) => textContent)).toEqual([
    '1Give a component an AWS identity',
    '2Cure one that is broken',
    '3Break one yourself',
  ]);
  expect(await screen.findByText(/Sign in as Sam or Priya/)).toBeVisible();
  const form = screen.getByRole('link', { name: 'Open the form' });
  const { pathname, searchParams } = new URL(
    form.getAttribute('href')!,
    'http://portal',
  );
  expect(pathname).toBe(
    '/create/templates/default/give-a-component-an-aws-identity',
  );
  expect(JSON.parse(searchParams.get('formData')!)).toMatchObject({
    serviceAccount: 'fraud-scorer',
  });
});

it('fills in nothing for a user who cannot give that component anything', async () => {
  show('user:default/sam');
  expect(await screen.findByText(/a component of your team/)).toBeVisible();
  expect(screen.queryByText(/Sign in as Sam/)).not.toBeInTheDocument();
  expect(
    screen.getByRole('link', { name: 'Open the form' }).getAttribute('href'),
  ).not.toContain('formData');
});

it('copies the command that breaks one, and says so', async () => {
  const user = userEvent.setup();
  const written = jest.spyOn(navigator.clipboard, 'writeText');
  show('user:default/ana');
  await user.click(
    await screen.findByRole('button', { name: 'Copy the command' }),
  );
  expect(written).toHaveBeenCalledWith(
    expect.stringContaining('delete serviceaccount payments-ledger'),
  );
  expect(screen.getByRole('status')).toHaveTextContent('Copied');
});
