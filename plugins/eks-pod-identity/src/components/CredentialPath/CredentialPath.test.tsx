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
      await screen.findByText('Did you mean payments/ledger?'),
    ).toBeInTheDocument();
  });
});
