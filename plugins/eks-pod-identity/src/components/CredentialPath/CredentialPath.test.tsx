import { renderInTestApp } from '@backstage/frontend-test-utils';
import { screen } from '@testing-library/react';
import { CredentialPath } from './CredentialPath';

describe('CredentialPath', () => {
  it('asks at the broken hop whether another service account was meant', async () => {
    renderInTestApp(
      <CredentialPath
        path={[
          {
            id: 'association',
            status: 'fail',
            detail: 'payments-prod',
            finding: {
              checkId: 'association.exists',
              message: 'There is no association.',
              fix: { cause: 'It was never created.', actions: ['Make one.'] },
              docsUrl: 'docs/checks.md#associationexists',
              nearby: [
                {
                  cluster: 'payments-prod',
                  namespace: 'payments',
                  serviceAccount: 'ledger',
                },
              ],
            },
          },
        ]}
      />,
    );
    expect(
      await screen.findByText('Did you mean payments-prod/payments/ledger?'),
    ).toBeInTheDocument();
  });

  it('shows the fix of the cause, wherever it is', async () => {
    const finding = (name: string, isCause: boolean) => ({
      checkId: `${name}.x`,
      message: `${name} is broken.`,
      docsUrl: '',
      isCause,
      waiting: isCause ? 4 : 0,
    });
    renderInTestApp(
      <CredentialPath
        path={[
          {
            id: 'pods',
            status: 'warn',
            detail: '2 of 5 have it',
            finding: finding('pods', false),
          },
          {
            id: 'permissions',
            status: 'fail',
            detail: '0 of 1 passed',
            finding: finding('permissions', true),
          },
        ]}
      />,
    );
    expect(
      await screen.findByText('permissions is broken.'),
    ).toBeInTheDocument();
    expect(screen.queryByText('pods is broken.')).not.toBeInTheDocument();
  });

  it('says the fault of a row, else its thing, and nothing behind the first that failed', async () => {
    renderInTestApp(
      <CredentialPath
        path={[
          { id: 'pods', status: 'pass', detail: '2 of 2' },
          {
            id: 'service-account',
            status: 'pass',
            name: 'shop/api',
            detail: '',
          },
          {
            id: 'association',
            status: 'fail',
            name: 'a-1',
            detail: 'does not exist',
          },
          { id: 'role', status: 'skip', name: 'api-role', detail: '' },
          { id: 'policies', status: 'skip', detail: '' },
          { id: 'permissions', status: 'skip', detail: 'not tested' },
        ]}
      />,
    );
    const rows = (await screen.findAllByRole('listitem')).map(
      row => row.textContent,
    );
    expect(rows).toEqual([
      'PassedPods2 of 2',
      expect.stringMatching(/^PassedService accountshop\/api/),
      'FailedAssociationdoes not exist',
      'SkippedRole',
      'SkippedPermissions',
    ]);
  });
});
