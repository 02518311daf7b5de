import { renderInTestApp } from '@backstage/frontend-test-utils';
import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { IdentityStatus } from 'backstage-plugin-eks-pod-identity-common';
import { changes as fixtureChanges, unsearched } from '../../../dev/changes';
import { reportOf, ROLE } from '../../../dev/reports';
import { ReportView } from './ReportView';

const show = (status: IdentityStatus) =>
  renderInTestApp(<ReportView report={reportOf(status)} />);

/** The line of a category that opens. */
const category = async (name: string) =>
  (await screen.findByRole('heading', { name })).closest('details')!;

describe('ReportView', () => {
  it('begins with the root cause: finding, evidence, cause, steps and snippet', async () => {
    show('broken');
    const cause = await screen.findByRole('region', {
      name: 'Likely root cause',
    });
    for (const text of [
      'Check: The role trusts this service account?',
      'The trust policy allows sts:AssumeRole but not sts:TagSession.',
      /EKS Pod Identity tags every session/,
      'Add sts:TagSession to the statement for pods.eks.amazonaws.com.',
      /"sts:TagSession"/,
    ]) {
      expect(within(cause).getByText(text)).toBeInTheDocument();
    }
    expect(within(cause).getByText('Observed')).toBeInTheDocument();
    expect(
      within(cause).getByRole('link', {
        name: /Open the role .* in the AWS console/,
      }),
    ).toHaveAttribute('href', expect.stringContaining('/iam/home#/roles/'));
    // Before everything else
    const [first] = screen.getAllByRole('heading');
    expect(cause).toContainElement(first);
  });

  it('says after the cause what changed since the last proof, who did it and when', async () => {
    const changes = { ...fixtureChanges };
    changes.events = [
      fixtureChanges.events[0],
      // As a reader sees it who is not allowed to know who it was
      { ...fixtureChanges.events[1], by: undefined },
    ];
    renderInTestApp(<ReportView report={reportOf('broken', { changes })} />);
    const when = (iso: string) =>
      new Date(iso).toLocaleString(undefined, {
        dateStyle: 'medium',
        timeStyle: 'short',
      });
    const section = await screen.findByRole('region', {
      name: `Changed since the last proof of ${when(changes.since)}`,
    });
    const told = within(section)
      .getAllByRole('listitem')
      .map(item => item.textContent);
    expect(told).toEqual([
      changes.differs[0],
      `Trust policy of ${ROLE} replaced.${when(
        changes.events[0].at,
      )} · by ana.torres@example.com, as the role AWSReservedSSO_PlatformAdmin_0123456789abcdef`,
      `Association given another role: ${ROLE}, not payments-api-old.${when(
        changes.events[1].at,
      )}`,
    ]);
    const cause = screen.getByRole('region', { name: 'Likely root cause' });
    expect(
      cause.compareDocumentPosition(section) & Node.DOCUMENT_POSITION_FOLLOWING,
    ).toBeTruthy();
  });

  it('says what was not searched, and nothing of changes where there are none', async () => {
    const { unmount } = renderInTestApp(
      <ReportView report={reportOf('looks-right', { changes: unsearched })} />,
    );
    expect(
      await screen.findByText(/^CloudTrail was not searched in us-east-1: /),
    ).toBeInTheDocument();
    expect(screen.queryByText(/What AWS recorded/)).not.toBeInTheDocument();
    unmount();
    show('broken');
    await screen.findByRole('region', { name: 'Likely root cause' });
    expect(screen.queryByText(/Changed since/)).not.toBeInTheDocument();
  });

  it('asks whether another service account was meant', async () => {
    const report = reportOf('broken');
    const nearby = ['ledger', 'ledgers'].map(serviceAccount => ({
      cluster: 'payments-prod',
      namespace: 'payments',
      serviceAccount,
    }));
    renderInTestApp(
      <ReportView
        report={{
          ...report,
          checks: report.checks.map(check =>
            check.status === 'fail' ? { ...check, nearby } : check,
          ),
        }}
      />,
    );
    const cause = await screen.findByRole('region', {
      name: 'Likely root cause',
    });
    expect(
      within(cause).getByText(
        'Did you mean payments-prod/payments/ledger, payments-prod/payments/ledgers?',
      ),
    ).toBeInTheDocument();
  });

  it('opens categories with findings, and folds the others with their counts', async () => {
    show('broken');
    expect(await category('Role')).toHaveAttribute('open');
    expect(await category('Workloads')).toHaveAttribute('open');
    const cluster = await category('Cluster');
    expect(cluster).not.toHaveAttribute('open');
    expect(cluster.querySelector('summary')).toHaveTextContent('3 passed');
    // Along the path of the credentials
    expect(
      screen
        .getAllByRole('heading')
        .slice(1)
        .map(each => each.textContent)
        .filter(text => text !== 'Likely root cause'),
    ).toEqual([
      'Portal access',
      'Cluster',
      'Pod Identity agent',
      'Role',
      'Association',
      'Service account',
      'Admission',
      'Credentials',
      'Permissions',
      'Workloads',
    ]);
  });

  it('folds what follows from the cause', async () => {
    show('broken');
    const cause = await screen.findByRole('region', {
      name: 'Likely root cause',
    });
    expect(
      within(cause).getByText('3 more checks follow from this.'),
    ).toBeInTheDocument();
    const credentials = await category('Credentials');
    expect(credentials).not.toHaveAttribute('open');
    expect(credentials.querySelector('summary')).toHaveTextContent('2 waiting');
    expect(credentials.querySelector('summary')).not.toHaveTextContent(
      'failed',
    );
    expect(
      within(credentials).getAllByText(
        'Waits for “The role trusts this service account”.',
      ),
    ).toHaveLength(2);
    // One failure, also in the sum of all
    expect(screen.getAllByText('1 failed')).toHaveLength(2);
  });

  it('heads the report with a warning that explains the failures', async () => {
    const report = reportOf('broken');
    renderInTestApp(
      <ReportView
        report={{
          ...report,
          checks: report.checks.map(check => {
            if (check.id === 'agent.healthy') {
              return { ...check, status: 'warn', message: 'It crashes.' };
            }
            return check.id === 'role.trust-policy'
              ? { ...check, becauseOf: 'agent.healthy' }
              : check;
          }),
        }}
      />,
    );
    const cause = await screen.findByRole('region', {
      name: 'Likely root cause',
    });
    expect(within(cause).getByText('It crashes.')).toBeInTheDocument();
    // As bad as what it explains
    expect(cause).toHaveAttribute('data-status', 'fail');
  });

  it('opens and closes all', async () => {
    show('verified');
    const cluster = await category('Cluster');
    expect(cluster).not.toHaveAttribute('open');
    await userEvent.click(screen.getByRole('button', { name: 'Open all' }));
    await waitFor(() => expect(cluster).toHaveAttribute('open'));
    await userEvent.click(screen.getByRole('button', { name: 'Close all' }));
    await waitFor(() => expect(cluster).not.toHaveAttribute('open'));
  });

  it('names no root cause if nothing is wrong', async () => {
    show('verified');
    await category('Cluster');
    expect(screen.queryByText('Likely root cause')).not.toBeInTheDocument();
    expect(screen.getByText('23 passed')).toBeInTheDocument();
  });

  it('does not call an unanswered check a cause', async () => {
    show('could-not-check');
    expect(
      await screen.findByRole('region', {
        name: 'Why it could not be checked',
      }),
    ).toBeInTheDocument();
  });

  it('copies a snippet, and announces it to screen readers', async () => {
    const user = userEvent.setup();
    const written = jest.spyOn(navigator.clipboard, 'writeText');
    show('restart-needed');
    const cause = await screen.findByRole('region', {
      name: 'Likely root cause',
    });
    await user.click(
      within(cause).getByRole('button', { name: 'Copy the snippet' }),
    );
    await waitFor(() =>
      expect(within(cause).getByRole('status')).toHaveTextContent('Copied'),
    );
    expect(written).toHaveBeenCalledWith(
      'kubectl --namespace payments rollout restart deployment/payments-api',
    );
  });

  it('says so if the browser does not allow copying', async () => {
    const user = userEvent.setup();
    jest
      .spyOn(navigator.clipboard, 'writeText')
      .mockRejectedValue(new Error('denied'));
    show('restart-needed');
    const cause = await screen.findByRole('region', {
      name: 'Likely root cause',
    });
    await user.click(
      within(cause).getByRole('button', { name: 'Copy the snippet' }),
    );
    expect(
      await within(cause).findByText('Could not copy: select the text instead'),
    ).toBeInTheDocument();
  });
});
