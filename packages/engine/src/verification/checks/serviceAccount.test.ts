import { ask, LACKING, pod } from '../__testUtils__/judge';
import { known, lacking } from '../facts/fact';
import { serviceAccountIrsa } from './serviceAccountIrsa';

describe('service-account.irsa', () => {
  const irsa = 'arn:aws:iam::111122223333:role/irsa';
  it('warns when a running pod carries IRSA instead', () => {
    expect(
      ask(serviceAccountIrsa, {
        serviceAccount: { irsaRoleArn: irsa },
        dryRuns: lacking({ kind: 'not-in-probe', sentence: '' }),
        pods: known([
          pod(),
          pod({ containers: [{ ...LACKING, irsaRoleArn: irsa }] }),
        ]),
      }),
    ).toMatchObject({
      status: 'warn',
      message:
        '1 of 2 running pods use the IRSA role instead of the Pod Identity.',
    });
  });
});
