import { renderInTestApp } from '@backstage/frontend-test-utils';
import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { headingAnchor } from 'backstage-plugin-eks-pod-identity-common';
import { checksPage } from '../../../dev/checksPage';
import { WithApi } from '../../../dev/WithApi';
import { refusal, worldClient, type World } from '../../../dev/world';
import { ChecksPage, PermissionsPage } from './DocsPage';

const real = (name: string) =>
  readFileSync(
    resolve(__dirname, '../../../../../packages/engine/docs', name),
    'utf8',
  );

const show = (checks: World['checks'], hash = '') =>
  renderInTestApp(
    <WithApi client={worldClient({ checks })}>
      <ChecksPage />
    </WithApi>,
    { initialRouteEntries: [`/${hash}`] },
  );

describe('the page about the checks', () => {
  it('lists its sections, and finds those that have a word', async () => {
    show(checksPage);
    const contents = await screen.findByRole('navigation', {
      name: 'On this page',
    });
    const listed = () =>
      within(contents)
        .queryAllByRole('link')
        .map(link => [
          link.textContent,
          link.getAttribute('href')?.replace(/^.*#/, '#'),
        ]);
    expect(listed()).toEqual([
      ['How to read a report', '#how-to-read-a-report'],
      ['The role trusts this service account', '#roletrust-policy'],
      ['The role exists', '#roleexists'],
      ['The pod may do what it needs', '#permissions'],
    ]);
    const search = screen.getByRole('searchbox', { name: 'Search this page' });
    await userEvent.type(search, 'Deleted');
    expect(listed()).toEqual([['The role exists', '#roleexists']]);
    await userEvent.type(search, '!');
    expect(listed()).toEqual([]);
    expect(within(contents).getByRole('status')).toHaveTextContent(
      'No section has “Deleted!”.',
    );
  });

  it('leads to the section of the address', async () => {
    show(checksPage, '#roletrust-policy');
    expect(
      await screen.findByRole('heading', {
        name: 'The role trusts this service account role.trust-policy',
      }),
    ).toHaveFocus();
  });

  it('takes an address for what it is', async () => {
    show(checksPage, '#"],[id');
    await screen.findByRole('heading', { name: /role\.exists$/ });
    expect(document.body).toHaveFocus();
  });

  it('has no dead link and no HTML of the text', async () => {
    show(checksPage);
    await screen.findByRole('table');
    const links = screen
      .getAllByRole('link')
      .filter(link => !link.closest('nav'));
    expect(links.map(link => link.getAttribute('href'))).toEqual([
      expect.stringMatching(/#roleexists$/),
      'https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html',
    ]);
    expect(screen.getByText(/<b>No HTML<.b>/)).toBeInTheDocument();
    const table = screen.getByRole('table');
    expect(within(table).getAllByRole('row')).toHaveLength(3);
  });

  it('says why it cannot be shown, and tries again', async () => {
    const world: World = {
      checks: refusal(500, 'Error', 'The database does not answer.'),
    };
    renderInTestApp(
      <WithApi client={worldClient(world)}>
        <ChecksPage />
      </WithApi>,
    );
    expect(
      await screen.findByText('The page about the checks could not be loaded.'),
    ).toBeInTheDocument();
    world.checks = checksPage;
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(
      await screen.findByRole('heading', { name: /role\.exists$/ }),
    ).toBeInTheDocument();
  });
});

describe('the page about permissions', () => {
  it('has the anchor of each heading of the real page, and leads to one', async () => {
    const markdown = real('permissions.md');
    renderInTestApp(
      <WithApi client={worldClient({ permissionsPage: { markdown } })}>
        <PermissionsPage />
      </WithApi>,
      { initialRouteEntries: ['/#aws-changing'] },
    );
    expect(
      await screen.findByRole('heading', { name: 'AWS: changing' }),
    ).toHaveFocus();
    const headings = [...markdown.matchAll(/^##+ (.*)$/gm)];
    expect(headings.length).toBeGreaterThan(15);
    for (const [, name] of headings) {
      expect(screen.getByRole('heading', { name })).toHaveAttribute(
        'id',
        headingAnchor(name),
      );
    }
  });
});
