import { useAppLocation } from '@backstage/frontend-plugin-api';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import {
  EntityProvider,
  entityRouteRef,
} from '@backstage/plugin-catalog-react';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { EntityIdentities } from 'backstage-plugin-eks-pod-identity-common';
import { fixtures } from '../../../dev/fixtures';
import { WithApi } from '../../../dev/WithApi';
import { worldClient } from '../../../dev/world';
import { useTellIdentities } from '../../hooks/knownIdentities';
import { useVerifyItem } from './useVerifyItem';

const entity = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'payments-api', namespace: 'default' },
};

function answerOf(id: string): EntityIdentities {
  const fixture = fixtures.find(each => each.id === id)!;
  if (!('answer' in fixture)) throw new Error(`${id} has no answer`);
  return fixture.answer;
}

function Item({ answer }: { answer: EntityIdentities }) {
  useTellIdentities('component:default/payments-api', answer);
  const { title, disabled, onClick } = useVerifyItem();
  return (
    <>
      <button disabled={disabled} onClick={onClick}>
        {title}
      </button>
      <output data-testid="path">{useAppLocation().pathname}</output>
    </>
  );
}

function show(answer: EntityIdentities) {
  const client = worldClient({});
  const started = jest
    .spyOn(client, 'startOperation')
    .mockRejectedValueOnce(new Error('too many'))
    .mockResolvedValue({ id: 'op' } as any);
  renderInTestApp(
    <WithApi client={client}>
      <EntityProvider entity={entity}>
        <Item answer={answer} />
      </EntityProvider>
    </WithApi>,
    { mountedRoutes: { '/catalog/:namespace/:kind/:name': entityRouteRef } },
  );
  return started;
}

const button = () =>
  screen.findByRole('button', { name: 'Verify AWS identity' });

it('verifies all that the user may verify, and opens the tab, also where one was refused', async () => {
  const answer = answerOf('several');
  const [first, second, ...others] = answer.identities;
  const can = { ...second.can, verify: false };
  const started = show({
    ...answer,
    identities: [first, { ...second, can }, ...others],
  });
  await userEvent.click(await button());
  await waitFor(() =>
    expect(screen.getByTestId('path')).toHaveTextContent(
      '/catalog/default/component/payments-api/aws-identity',
    ),
  );
  expect(started.mock.calls.map(([{ input }]) => input)).toEqual(
    [first, ...others]
      .filter(one => one.can.verify && !one.verifying)
      .map(({ ref }) => ({
        clusterName: ref.cluster,
        namespace: ref.namespace,
        serviceAccount: ref.serviceAccount,
        entityRef: 'component:default/payments-api',
      })),
  );
  expect(started).toHaveBeenCalled();
});

it('is disabled where there is nothing to verify', async () => {
  show(answerOf('none'));
  expect(await button()).toBeDisabled();
});
