import { shellLineFor } from './shellLine';

it('runs a pod under the service account that asks AWS who it is', () => {
  expect(
    shellLineFor({
      cluster: 'prod',
      namespace: 'payments',
      serviceAccount: 'payments-api',
    }),
  ).toBe(
    `kubectl --namespace payments run try-aws --rm --stdin --tty --restart=Never --image=public.ecr.aws/aws-cli/aws-cli --overrides='{"spec":{"serviceAccountName":"payments-api"}}' -- sts get-caller-identity`,
  );
});

it.each([`a'; rm -rf ~; '`, '$(x)', ''])(
  'is not offered for a name that Kubernetes does not take (%s)',
  serviceAccount => {
    expect(
      shellLineFor({ cluster: 'prod', namespace: 'payments', serviceAccount }),
    ).toBeUndefined();
  },
);
