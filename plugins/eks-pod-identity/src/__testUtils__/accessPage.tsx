import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { accessOf, progressOf } from '../../dev/access';
import { clustersOf } from '../../dev/fleet';
import { refusal, type World } from '../../dev/world';
import { AccessPage } from '../components/Access';
import { renderOnWorld } from './renderOnWorld';

export const access = accessOf(63);
export const world: World = {
  clusters: clustersOf([]),
  access,
  accessProgress: progressOf(access),
  // Each row takes a while to render
  pageLimit: 10,
};
export const broken = refusal(500, 'Error', 'The database does not answer.');

export const show = (search = '', in_: World = world) =>
  renderOnWorld(<AccessPage />, in_, search);

export const lastQuery = (asked: URL[]) =>
  Object.fromEntries(
    asked.filter(url => url.pathname.endsWith('/access')).at(-1)!.searchParams,
  );

/** Without the header. */
export const rows = async () => {
  await screen.findByText(/^\d+ service accounts?$/);
  return within(
    screen.getByRole('table', { name: 'Service accounts with AWS access' }),
  )
    .getAllByRole('row')
    .slice(1);
};

export const find = (
  verdict: string,
  more: (row: (typeof access)[number]) => boolean = () => true,
) => access.find(row => row.verdict === verdict && more(row))!;
export const nameOf = ({ ref }: (typeof access)[number]) =>
  `${ref.namespace}/${ref.serviceAccount}`;

/** Opens the details of one row, and returns them. */
export async function detailsOf(
  row: (typeof access)[number],
  in_: World = world,
) {
  show(`?q=${nameOf(row)}&verdict=${row.verdict}`, in_);
  const toggle = await screen.findByRole('button', {
    name: `Details of ${nameOf(row)}`,
  });
  expect(toggle).toHaveAttribute('aria-expanded', 'false');
  await userEvent.click(toggle);
  expect(toggle).toHaveAttribute('aria-expanded', 'true');
  return document.getElementById(toggle.getAttribute('aria-controls')!)!;
}

/** What stands below a label of the details. */
export const below = (details: HTMLElement, label: string) =>
  within(details).getByText(label, { selector: 'dt' }).nextElementSibling!;
