import { renderInTestApp } from '@backstage/frontend-test-utils';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { STATUS_WORDS } from 'backstage-plugin-eks-pod-identity-common';
import { StatusLegend } from './StatusLegend';

it('has an icon, a word and a meaning of its own for each status', async () => {
  renderInTestApp(<StatusLegend />);
  await userEvent.click(await screen.findByText('What do the statuses mean?'));
  const terms = await screen.findAllByRole('term');
  const statuses = Object.values(STATUS_WORDS);
  expect(terms.map(term => term.textContent).sort()).toEqual(
    statuses.map(({ word }) => word).sort(),
  );
  const meanings = screen.getAllByRole('definition');
  expect(new Set(meanings.map(one => one.textContent)).size).toBe(
    statuses.length,
  );
  // "Out of date" stands beside a status, and has none.
  const shapes = terms
    .filter(term => term.textContent !== STATUS_WORDS.stale.word)
    .map(term => term.querySelector('svg')?.innerHTML);
  expect(shapes).not.toContain(undefined);
  expect(new Set(shapes).size).toBe(statuses.length - 1);
});
